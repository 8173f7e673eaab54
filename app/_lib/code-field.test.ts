import { expect, test } from "vitest";
import { formatTypedCode } from "./code-field";

test("groups by four and follows the caret over the hyphen", () => {
  expect(formatTypedCode("k7qm", 4)).toEqual({ text: "K7QM", caret: 4 });
  expect(formatTypedCode("k7qm2", 5)).toEqual({ text: "K7QM-2", caret: 6 });
  expect(formatTypedCode("K7QM-2xrt", 9)).toEqual({ text: "K7QM-2XRT", caret: 9 });
});

test("keeps the caret where the person is editing", () => {
  expect(formatTypedCode("K7XQM-2RT", 3)).toEqual({ text: "K7XQ-M2RT", caret: 3 });
  expect(formatTypedCode("-K7QM", 0)).toEqual({ text: "K7QM", caret: 0 });
});

test("takes a pasted code in any form", () => {
  expect(formatTypedCode(" k7qm – 2xrt ", 13).text).toBe("K7QM-2XRT");
  expect(formatTypedCode("https://lab.example/rejoin#K7QM2XRTBCDF", 40).text).toBe("K7QM-2XRT-BCDF");
});

test("deleting the hyphen's neighbour does not get stuck", () => {
  expect(formatTypedCode("K7QM-", 5)).toEqual({ text: "K7QM", caret: 4 });
});
