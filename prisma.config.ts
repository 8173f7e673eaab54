import { defineConfig } from "prisma/config";

// `prisma generate` needs no engine, but the CLI looks for one before it does anything: any executable satisfies it.
// Writing a migration needs the real one: see docs/how-to/change-the-database.md.
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= "/bin/true";

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env["DATABASE_URL"] ?? "postgresql://none:none@127.0.0.1:1/none" },
});
