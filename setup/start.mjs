#!/usr/bin/env node
// `npm start`: everything from an empty checkout to a running platform. This file needs nothing but Node itself.
import { prepareDependencies, runTypeScript } from "./bootstrap.mjs";

await prepareDependencies();
await runTypeScript("setup/start.ts", process.argv.slice(2));
