import { describe, expect, it } from "vitest";
import { Allowances } from "./allowances";

const bounds = { prefixBytesMax: 100, prefixTransfersMax: 2, transfersMax: 3 };

describe("Allowances", () => {
  it("counts what is stored and what all transfers of a prefix send at once", async () => {
    const allowances = new Allowances({ ...bounds, readUsedBytes: async () => 50 });
    const [one, other] = await Promise.all([allowances.open("ada-1"), allowances.open("ada-1")]);
    expect(one?.take(30)).toBe(true);
    expect(other?.take(20)).toBe(true);
    expect(one?.isUsedUp).toBe(true);
    expect(other?.take(1)).toBe(false);
  });
  it("reads anew what is stored once nobody of the prefix is sending", async () => {
    let usedBytes = 0;
    const allowances = new Allowances({ ...bounds, readUsedBytes: async () => usedBytes });
    const first = await allowances.open("ada-1");
    expect(first?.take(100)).toBe(true);
    first?.close();
    expect((await allowances.open("ada-1"))?.isUsedUp).toBe(false);
    usedBytes = 100;
    expect((await allowances.open("bob-2"))?.isUsedUp).toBe(true);
  });
  it("bounds transfers of one prefix, and of all", async () => {
    const allowances = new Allowances({ ...bounds, readUsedBytes: async () => 0 });
    const mine = [await allowances.open("ada-1"), await allowances.open("ada-1")];
    expect(await allowances.open("ada-1")).toBeUndefined();
    expect(await allowances.open("bob-2")).toBeDefined();
    expect(await allowances.open("eve-3")).toBeUndefined();
    mine[0]?.close();
    expect(await allowances.open("eve-3")).toBeDefined();
  });
  it("gives the place back when what is stored cannot be read", async () => {
    const allowances = new Allowances({ ...bounds, readUsedBytes: () => Promise.reject(new Error("disk")) });
    for (let attempt = 0; attempt < 5; attempt += 1) await expect(allowances.open("ada-1")).rejects.toThrow();
  });
});
