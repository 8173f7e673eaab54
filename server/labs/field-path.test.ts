import { describe, expect, it } from "vitest";
import { parseFieldPath, valuesAt } from "./field-path";

const POD = {
  metadata: { labels: { "app.kubernetes.io/name": "web", app: "web" } },
  spec: {
    containers: [
      { name: "web", image: "nginx", ports: [{ containerPort: 80 }, { containerPort: 443 }] },
      { name: "log", image: "busybox" },
    ],
  },
};

describe("a path", () => {
  it.each([
    ["spec.containers[0].image", ["nginx"]],
    ["spec.containers[name=log].image", ["busybox"]],
    ["spec.containers[*].image", ["nginx", "busybox"]],
    ["spec.containers[*].ports[*].containerPort", [80, 443]],
    ['metadata.labels["app.kubernetes.io/name"]', ["web"]],
    ["metadata.labels.app", ["web"]],
    ["spec.containers[7].image", []],
    ["spec.containers.image", []],
    ["spec.nothing.here", []],
    ["metadata.constructor", []],
    ["metadata.__proto__", []],
    ["metadata.labels.app.length", []],
  ])("%s finds %j", (path, found) => {
    expect(valuesAt(POD, parseFieldPath(path) ?? [])).toEqual(found);
  });

  it.each(["", ".", "a..b", "a[", "a[]", "a[x]", "a b", "[?(@.x)]", "a.", "$..x", "a[*", 'a["'])(
    "%j is none",
    (path) => {
      expect(parseFieldPath(path)).toBeUndefined();
    },
  );

  it("may not go on for ever", () => {
    expect(parseFieldPath("a.".repeat(30) + "a")).toBeUndefined();
  });
});
