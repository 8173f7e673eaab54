#!/usr/bin/env node
// `npm test`: everything from an empty checkout to a verdict. This file needs nothing but Node itself.
import { prepareDependencies, runTypeScript } from "./bootstrap.mjs";

await prepareDependencies();
await runTypeScript("setup/test.ts", process.argv.slice(2));
