#!/usr/bin/env node
// `npm run bench -- <name>`: set up what the benchmark needs, run it, print one JSON object last.
import { prepareDependencies, runTypeScript } from "./bootstrap.mjs";

await prepareDependencies();
await runTypeScript("setup/bench.ts", process.argv.slice(2));
