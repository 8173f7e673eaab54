#!/usr/bin/env node
// `node setup/run.mjs <name> …`: from an empty checkout to setup/<name>.ts. This file needs nothing but Node itself.
import { prepareDependencies, runTypeScript } from "./bootstrap.mjs";

const [name, ...args] = process.argv.slice(2);
await prepareDependencies();
await runTypeScript(`setup/${name}.ts`, args);
