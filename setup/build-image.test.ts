import { describe, expect, it } from "vitest";
import { progressIn } from "./build-image";

describe("progressIn", () => {
  it.each([
    ["Step 9/12 : RUN ./build && rm -rf /go", ["step 9/12 RUN ./build && rm -rf /go"]],
    ["compiling kube-apiserver", ["compiling kube-apiserver"]],
    ["generating code\ncompiling kubelet\r", ["generating code", "compiling kubelet"]],
    [" ---> Running in 4f8a", []],
    ["dpkg-source: info: compiling kubelet", []],
    ["", []],
  ])("tells of %j: %j", (text, told) => {
    expect(progressIn(text)).toEqual(told);
  });
});
