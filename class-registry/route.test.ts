import { describe, expect, it } from "vitest";
import { parseRoute, prefixOf } from "./route";

const DIGEST = `sha256:${"a".repeat(64)}`;
const UPLOAD_ID = "0e0a64d1-5b4f-4a3e-9a0b-2f6f8f0d8c11";

describe("parseRoute", () => {
  it("tells reading from writing", () => {
    const read = { kind: "read", repository: "library/redis", resource: "manifests/7" };
    expect(parseRoute("GET", "/v2/library/redis/manifests/7")).toEqual(read);
    expect(parseRoute("HEAD", "/v2/library/redis/manifests/7")).toEqual(read);
    expect(parseRoute("PUT", "/v2/ada-1/app/manifests/v1")).toMatchObject({ kind: "write" });
    expect(parseRoute("POST", "/v2/ada-1/app/blobs/uploads/")).toMatchObject({ kind: "write" });
    expect(parseRoute("DELETE", `/v2/ada-1/app/blobs/${DIGEST}`)).toMatchObject({ kind: "write" });
    expect(parseRoute("GET", "/v2/ada-1/app/tags/list")).toMatchObject({ kind: "read" });
  });
  it("counts asking for an upload as writing: it is its owner's", () => {
    const path = `/v2/ada-1/app/blobs/uploads/${UPLOAD_ID}`;
    expect(parseRoute("GET", path)).toMatchObject({ kind: "write", uploadId: UPLOAD_ID });
    expect(parseRoute("PATCH", path)).toMatchObject({ repository: "ada-1/app", uploadId: UPLOAD_ID });
  });
  it("understands a digest with its colon encoded", () => {
    const path = `/v2/library/redis/blobs/${DIGEST.replace(":", "%3A")}`;
    expect(parseRoute("GET", path)).toMatchObject({ resource: `blobs/${DIGEST}` });
  });
  it.each([
    "/v2/ada-1/../library/redis/manifests/7",
    "/v2/ada-1%2Fapp/manifests/7",
    "/v2/library%2fredis/manifests/7",
    "/v2//library/redis/manifests/7",
    "/v2/library/redis/manifests/7/",
    "/v2/Library/redis/manifests/7",
    "/v2/library/redis/manifests/..",
    "/v2/_catalog",
    "/v2/library/redis/blobs/uploads",
    "/debug/vars",
    "/",
    "",
  ])("knows no way to ask for %j", (path) => {
    expect(["GET", "PUT", "POST", "PATCH", "DELETE"].map((method) => parseRoute(method, path))).toEqual(
      Array.from({ length: 5 }),
    );
  });
  it("lets no method change what only another may", () => {
    expect(parseRoute("PUT", `/v2/ada-1/app/blobs/${DIGEST}`)).toBeUndefined();
    expect(parseRoute("POST", "/v2/ada-1/app/manifests/v1")).toBeUndefined();
    expect(parseRoute("DELETE", "/v2/ada-1/app/tags/list")).toBeUndefined();
  });
});

describe("prefixOf", () => {
  it("is the first part of a name, or all of it", () => {
    expect(prefixOf("ada-1/team/app")).toBe("ada-1");
    expect(prefixOf("ada-1")).toBe("ada-1");
  });
});
