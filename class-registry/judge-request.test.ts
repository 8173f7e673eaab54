import { describe, expect, it } from "vitest";
import { registryCredentialsOf } from "../server/sandboxes/class-registry";
import { judgeRequest } from "./judge-request";
import { parseRoute } from "./route";
import { readVisitor, tokenOf } from "./visitor";

const SECRET = "a secret of the tests";

function judge(method: string, path: string, authorization?: string) {
  const route = parseRoute(method, path);
  if (route === undefined) throw new Error(`${path} is no route`);
  return judgeRequest({ route, visitor: readVisitor(authorization, SECRET), host: "registry:5000" });
}
function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}
function signedIn(prefix: string): string {
  return basic(prefix, registryCredentialsOf(SECRET, prefix).password);
}

describe("judgeRequest", () => {
  it("lets everybody read, and nobody write without a password", () => {
    expect(judge("GET", "/v2/library/redis/manifests/7")).toBeUndefined();
    expect(judge("GET", "/v2/ada-1/app/manifests/v1")).toBeUndefined();
    expect(judge("PUT", "/v2/ada-1/app/manifests/v1")).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
  });
  it("lets an attendee write under their own prefix, by password and by the token for it", () => {
    const header = signedIn("ada-1");
    expect(judge("PUT", "/v2/ada-1/app/manifests/v1", header)).toBeUndefined();
    expect(judge("PUT", "/v2/ada-1/app/manifests/v1", `Bearer ${tokenOf(header)}`)).toBeUndefined();
  });
  it("tells who pushes elsewhere where to push", () => {
    const refusal = judge("POST", "/v2/bob-2/app/blobs/uploads/", signedIn("ada-1"));
    expect(refusal).toMatchObject({ status: 403, code: "DENIED" });
    expect(refusal?.message).toContain("docker push registry:5000/ada-1/app");
  });
  it("does not take the beginning of a prefix for the prefix", () => {
    expect(judge("PUT", "/v2/ada-10/app/manifests/v1", signedIn("ada-1"))).toMatchObject({ status: 403 });
  });
  it("protects class images even from who would have their namespace's password", () => {
    expect(judge("PUT", "/v2/library/redis/manifests/7", signedIn("library"))).toMatchObject({ status: 403 });
  });
  it("refuses another's password, a password of another secret, and nonsense", () => {
    const stolen = basic("bob-2", registryCredentialsOf(SECRET, "ada-1").password);
    const foreign = basic("ada-1", registryCredentialsOf("another secret", "ada-1").password);
    for (const header of [stolen, foreign, basic("ada-1", ""), "Basic !", "Digest x", "Bearer YQ=="]) {
      expect(judge("PUT", "/v2/ada-1/app/manifests/v1", header), header).toMatchObject({ status: 401 });
      expect(judge("GET", "/token", header), header).toMatchObject({ status: 401 });
    }
  });
  it("gives a token to who has no name, which lets them read and no more", () => {
    expect(judge("GET", "/token")).toBeUndefined();
    const token = `Bearer ${tokenOf(undefined)}`;
    expect(judge("GET", "/v2/", token)).toBeUndefined();
    expect(judge("PUT", "/v2/ada-1/app/manifests/v1", token)).toMatchObject({ status: 401 });
  });
});
