// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- the package declares an ambient module, which cannot be imported by path
/// <reference path="../node_modules/node-pty/node-pty.d.ts" />
// The package is an alias: its types declare themselves under their own name.
declare module "node-pty" {
  export * from "@lydell/node-pty";
}
