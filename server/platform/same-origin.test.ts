import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createOriginRule, isSameOriginWrite } from "./same-origin";

const isAllowed = createOriginRule(["https://lab.example:8443/start"]);

describe("createOriginRule", () => {
  it("accepts exactly our origin", () => {
    expect(isAllowed("https://lab.example:8443")).toBe(true);
  });
  it.each([
    undefined,
    "null",
    "",
    "http://lab.example:8443",
    "https://lab.example",
    "https://evil-lab.example:8443",
    "https://lab.example:8443.evil.tld",
    "https://lab.example:84430",
    "https://user@lab.example:8443",
    "HTTPS://LAB.EXAMPLE:8443/",
  ])("refuses %s", (origin) => {
    expect(isAllowed(origin)).toBe(false);
  });
});

describe("isSameOriginWrite", () => {
  const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
  it("refuses a write from another page, with or without an Origin header", () => {
    expect(isSameOriginWrite(request({ origin: "https://evil.example" }), isAllowed)).toBe(false);
    expect(isSameOriginWrite(request({ "sec-fetch-site": "cross-site" }), isAllowed)).toBe(false);
    expect(isSameOriginWrite(request({ "sec-fetch-site": "same-site" }), isAllowed)).toBe(false);
  });
  it("lets our pages and programs through", () => {
    expect(isSameOriginWrite(request({ origin: "https://lab.example:8443" }), isAllowed)).toBe(true);
    expect(isSameOriginWrite(request({}), isAllowed)).toBe(true);
  });
});
