import path from "node:path";
import { defineConfig } from "vitest/config";

const alias = { "@": import.meta.dirname };
const slow = { testTimeout: 120_000, hookTimeout: 180_000, fileParallelism: false };

/** The test tiers; what each touches is in docs/adr/0006-test-tiers.md. */
export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          include: [
            "server/**/*.test.ts",
            "agent/**/*.test.ts",
            "class-registry/**/*.test.ts",
            "app/**/*.test.ts",
            "setup/**/*.test.ts",
          ],
        },
      },
      {
        resolve: { alias },
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          globalSetup: "tests/support/global-setup.ts",
          ...slow,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "labs",
          include: ["tests/labs/**/*.test.ts"],
          globalSetup: "tests/support/global-setup.ts",
          ...slow,
          testTimeout: 300_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "faults",
          include: ["tests/faults/**/*.test.ts"],
          globalSetup: "tests/support/global-setup.ts",
          ...slow,
        },
      },
    ],
  },
});
