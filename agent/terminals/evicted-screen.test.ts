import { describe, expect, it } from "vitest";
import { EvictedScreen, type ScreenPart, type Size } from "./evicted-screen";
import { createHeadless } from "./headless";

const SIZE: Size = { columns: 80, rows: 24 };

/** The screen of a terminal that was fed everything at once, as the truth. */
async function screenOf(bytes: Buffer, size = SIZE): Promise<string> {
  const { terminal, serialize } = createHeadless(size, 1_000);
  await new Promise<void>((resolve) => {
    terminal.write(bytes, resolve);
  });
  return serialize(1_000);
}

async function replay(parts: readonly ScreenPart[], rest: Buffer): Promise<string> {
  const { terminal, serialize } = createHeadless(SIZE, 1_000);
  for (const part of parts) {
    if (part.kind === "size") terminal.resize(part.size.columns, part.size.rows);
    else
      await new Promise<void>((resolve) => {
        terminal.write(part.bytes, resolve);
      });
  }
  await new Promise<void>((resolve) => {
    terminal.write(rest, resolve);
  });
  return serialize(1_000);
}

async function evict(bytes: Buffer, cuts: readonly number[]): Promise<readonly ScreenPart[]> {
  const screen = new EvictedScreen(SIZE, () => undefined);
  let from = 0;
  for (const cut of cuts) {
    const part = Buffer.from(bytes.subarray(from, cut));
    // What it gives back is written over at once, as the ring does.
    if (!screen.feed(part)) part.fill("#");
    from = cut;
  }
  return new Promise((resolve) => {
    screen.read(resolve);
  });
}

const lines = (
  count: number,
  text = (index: number): string => `line ${index} ${"x".repeat(index % 150)}`,
): string => Array.from({ length: count }, (_, index) => `${text(index)}\r\n`).join("");

describe("EvictedScreen", () => {
  it("gives plain text back as soon as it has been fed", () => {
    const screen = new EvictedScreen(SIZE, () => undefined);
    expect(screen.feed(Buffer.from(lines(9_000)))).toBe(false);
    expect(screen.feed(Buffer.from("\u001b[31mred"))).toBe(true);
    screen.dispose();
  });

  it.each([
    ["plain text", lines(20_000)],
    ["plain text after colours", `\u001b[31mred ${lines(9_000)}`],
    ["plain text over a half-drawn screen", `${lines(30)}\u001b[5;7Hhere${lines(9_000)}`],
    ["plain text in a scrolling region", `${lines(40)}\u001b[5;10r\u001b[20;1H${lines(9_000)}`],
    [
      "plain text after a scrolling region was left",
      `\u001b[5;10r${lines(9)}\u001b[r\u001b[3;1H${lines(9_000)}`,
    ],
    ["characters beyond ASCII", lines(9_000, (index) => `größe ${index} 日本 °é 🙂`)],
    ["bare line feeds", lines(9_000).replaceAll("\r\n", "\n")],
    [
      "a full-screen program",
      `${lines(3_000)}\u001b[?1049h\u001b[2J\u001b[H${"\u001b[7mstatus\u001b[0m\r\n".repeat(20)}~`,
    ],
    ["a program that rings and goes back", lines(9_000, (index) => `\u0007${index}%\b\b done`)],
    [
      "plain text over rows that wrap backwards",
      `\u001b[?45h${lines(3_000)}${lines(3_000, () => "\b\b".repeat(9))}${lines(3_000)}`,
    ],
    ["a degree sign and a C1 control", `${lines(5_000, () => "20 °C")}\u009b31m${lines(5_000)}`],
    ["line drawing", `\u001b(0${lines(9_000, () => "lqqk")}`],
  ])("has the same screen as a terminal that saw every byte: %s", async (_, text) => {
    const bytes = Buffer.from(text);
    const expected = await screenOf(bytes);
    for (let round = 0; round < 3; round += 1) {
      const at = Math.floor(bytes.length * [0.4, 0.83, 0.97][round]!);
      const middle = Math.floor(at / 3) + round;
      expect(await replay(await evict(bytes, [middle, at]), bytes.subarray(at))).toBe(expected);
    }
  });

  it("may be cut at any byte of a sequence or a character", async () => {
    const text = `ab\u001b[1;31mcd\u001b]0;title\u0007é🙂\u001b(0q\u001b(B\u001bP1$r\u001b\\\u009b4mz\r\n`;
    const bytes = Buffer.from(text);
    const expected = await screenOf(bytes);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(await replay(await evict(bytes, [cut]), bytes.subarray(cut))).toBe(expected);
    }
  });

  it("forgets deferred text only when more plain text follows", async () => {
    const plain = lines(6_000);
    const cases = [
      [plain, plain, plain],
      [plain, "\u001b[2;4Hx"],
      [plain, `\u001b[31m${plain}`, plain, "short\r\n", plain],
      [`\u001b]0;unfinished`, `title\u0007${plain}`, plain],
    ];
    for (const parts of cases) {
      const bytes = Buffer.from(parts.join(""));
      const cuts = parts.map((_, index) => parts.slice(0, index + 1).join("").length);
      expect(await replay(await evict(bytes, cuts), Buffer.alloc(0))).toBe(await screenOf(bytes));
    }
  });

  it("resizes what was deferred, not what follows", async () => {
    const bytes = Buffer.from(lines(6_000));
    const screen = new EvictedScreen(SIZE, () => undefined);
    screen.feed(bytes);
    screen.resize({ columns: 40, rows: 10 });
    screen.feed(Buffer.from("after\r\n"));
    const parts = await new Promise<readonly ScreenPart[]>((resolve) => {
      screen.read(resolve);
    });
    const { terminal, serialize } = createHeadless(SIZE, 1_000);
    await new Promise<void>((resolve) => {
      terminal.write(bytes, resolve);
    });
    terminal.resize(40, 10);
    await new Promise<void>((resolve) => {
      terminal.write("after\r\n", resolve);
    });
    expect(await replay(parts, Buffer.alloc(0))).toBe(serialize(1_000));
  });
});
