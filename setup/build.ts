import path from "node:path";
import { bundleAgent } from "./bundle";
import { bundleServer } from "./bundle-server";
import { buildPages } from "./pages";
import { runProgram, stage } from "./progress";

const ROOT = path.resolve(import.meta.dirname, "..");

/** Everything that the server needs to run: agent, server and pages. Starts nothing. */
await runProgram(async () => {
  await stage("agent", () => bundleAgent());
  await stage("server", () => bundleServer(ROOT));
  await stage("pages", (report) => buildPages(ROOT, report));
  return 0;
});
