import { expect, it } from "vitest";
import { describeStart } from "./start-banner";

const BANNER = {
  publicUrl: "http://localhost:3000",
  demos: [],
  setupPath: null,
  capacity: { docker: 12, kubernetes: null },
  isolation: "trusted",
  labProblems: [],
} as const;

it("prints every demo cohort's code with what it is for, the one for everybody first", () => {
  const text = describeStart({
    ...BANNER,
    demos: [
      { code: "ABCDEFGH", workshopTitle: "From Python to production" },
      { code: "JKMNPQRS", workshopTitle: "Django on Kubernetes" },
    ],
  });
  expect(text).toMatch(
    /Join code +ABCD-EFGH +\(From Python to production\)\n +or +JKMN-PQRS +\(Django on Kubernetes\)/,
  );
});

it("speaks of no code where there is none", () => {
  expect(describeStart(BANNER)).not.toContain("Join code");
});

it("says how many sandboxes fit, with and without a cluster", () => {
  expect(describeStart(BANNER)).toContain('up to 12 at once, isolation "trusted"');
  const both = describeStart({ ...BANNER, capacity: { docker: 32, kubernetes: 16 } });
  expect(both).toContain('up to 32 at once, or 16 with a Kubernetes cluster each, isolation "trusted"');
});

it("says which labs were left out", () => {
  expect(describeStart({ ...BANNER, labProblems: ["a/lab.yaml:3 is wrong"] })).toContain(
    "! lab left out: a/lab.yaml:3",
  );
});
