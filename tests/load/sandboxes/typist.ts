import type { TerminalClient } from "../../support/terminal-client";

/** Between keys of somebody who types fluently: 40 words a minute are one key in 300 ms. */
const PAUSE_MS = { min: 150, max: 450 } as const;
const LINE_KEYS = 40;
const ECHO_MS_MAX = 30_000;

/** Types comments at a prompt, as many keys as asked for, and answers what each echo took, in ms. */
export async function typeAndMeasure(terminal: TerminalClient, keys: number): Promise<readonly number[]> {
  const echoesMs: number[] = [];
  for (let key = 0; key < keys; key += 1) {
    if (key % LINE_KEYS === 0) {
      await type(terminal, "\r", /\$ $/);
      await type(terminal, "#", /#/);
    }
    await pause();
    const letter = String.fromCharCode(97 + (key % 26));
    const startedAtMs = performance.now();
    await type(terminal, letter, new RegExp(letter));
    echoesMs.push(performance.now() - startedAtMs);
  }
  return echoesMs;
}

async function type(terminal: TerminalClient, text: string, echo: RegExp): Promise<void> {
  const echoed = terminal.waitFor(echo, ECHO_MS_MAX);
  terminal.type(text);
  await echoed;
}

function pause(): Promise<void> {
  const pauseMs = PAUSE_MS.min + Math.random() * (PAUSE_MS.max - PAUSE_MS.min);
  return new Promise((resolve) => setTimeout(resolve, pauseMs));
}
