import { describe, expect, it } from "vitest";
import { displayNameSchema, emailSchema } from "./inputs";

describe("a display name", () => {
  const reasonOf = (name: string): string | undefined =>
    displayNameSchema.safeParse(name).error?.issues[0]?.message;

  it.each([
    ["  Ada   Lovelace ", "Ada Lovelace"],
    ["Ada\u202ELove\u0007lace\n", "Ada Love lace"],
    ["李 小龙 🐉", "李 小龙 🐉"],
    // Shown as text everywhere: nothing is gained by refusing it.
    ["<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
    ["x".repeat(60), "x".repeat(60)],
  ])("%j is kept as %j", (typed, kept) => {
    expect(displayNameSchema.parse(typed)).toBe(kept);
  });

  it.each([61, 500, 501, 100_000])("of %i characters is refused, with what is allowed", (length) => {
    expect(reasonOf("x".repeat(length))).toBe("Please use at most 60 characters.");
  });

  it.each(["", "   ", "\u0000\u202E"])("%j is refused as none", (typed) => {
    expect(reasonOf(typed)).toBe("Please enter a name.");
  });
});

describe("an e-mail address", () => {
  it("counts the same in any case, and is refused in words", () => {
    expect(emailSchema.parse("Ada@Example.ORG")).toBe("ada@example.org");
    expect(emailSchema.safeParse("ada at example").error?.issues[0]?.message).toBe(
      "That does not look like an e-mail address.",
    );
  });
});
