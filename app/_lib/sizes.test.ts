import { expect, it } from "vitest";
import { sizeWords } from "./sizes";

it.each([
  [0, "0 MiB"],
  [119.6, "120 MiB"],
  [1_023, "1023 MiB"],
  [1_024, "1 GiB"],
  [1_536, "1.5 GiB"],
  [64_000, "63 GiB"],
])("says %d MiB as %s", (miB, words) => {
  expect(sizeWords(miB)).toBe(words);
});
