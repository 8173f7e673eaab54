import { createHash } from "node:crypto";

/** A shell as every side of the comparison offers it: bytes in, bytes out. */
export interface ShellStream {
  type(text: string): void;
  /** Replaces the listener for output. */
  onOutput(listener: (bytes: Buffer) => void): void;
  close(): void;
}

const DEADLINE_MS = 120_000;

/** Resolves with everything that came until `marker` appeared, itself included. */
export function waitForText(shell: ShellStream, marker: string, start?: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${marker} did not appear; the end of what did: ${JSON.stringify(seen.slice(-300))}`));
    }, DEADLINE_MS);
    let seen = "";
    shell.onOutput((bytes) => {
      seen += bytes.toString("latin1");
      if (!seen.includes(marker)) return;
      clearTimeout(timer);
      resolve(seen);
    });
    start?.();
  });
}

/** Takes `count` keys, each after quiet, from key to echo. @returns sorted milliseconds */
export async function measureEchoes(shell: ShellStream, count: number): Promise<number[]> {
  await waitForText(shell, "echo-is-ready", () => {
    shell.type("stty echo; printf 'echo-is-%s' ready; exec cat > /dev/null\n");
  });
  const times: number[] = [];
  for (let key = 0; key < count; key += 1) {
    await new Promise((resolve) => setTimeout(resolve, 8 + (key % 7)));
    const letter = String.fromCharCode(97 + (key % 26));
    const startedAt = performance.now();
    await waitForText(shell, letter, () => {
      shell.type(letter);
    });
    times.push(performance.now() - startedAt);
  }
  return times.sort((left, right) => left - right);
}

/**
 * Runs a command of whose output exactly `sizeBytes` reach the terminal (its line ends are CR LF there) and takes the time from its first byte to its last.
 * @returns MB/s and the SHA-256 of what came
 */
export async function measureBulk(
  shell: ShellStream,
  command: string,
  sizeBytes: number,
): Promise<{ megabytesPerSecond: number; sha256: string }> {
  const hash = createHash("sha256");
  let before = "";
  let left = sizeBytes;
  let startedAt = 0;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new Error(
          `${left} of ${sizeBytes} bytes did not come: ${command} ${JSON.stringify(before.slice(-200))}`,
        ),
      );
    }, DEADLINE_MS);
    shell.onOutput((bytes) => {
      let part = bytes;
      if (startedAt === 0) {
        before += bytes.toString("latin1");
        const at = before.indexOf("bulk-starts:");
        if (at === -1) return;
        startedAt = performance.now();
        part = Buffer.from(before.slice(at + "bulk-starts:".length), "latin1");
      }
      part = part.subarray(0, left);
      hash.update(part);
      left -= part.length;
      if (left > 0) return;
      clearTimeout(timer);
      shell.onOutput(() => undefined);
      const seconds = (performance.now() - startedAt) / 1_000;
      resolve({ megabytesPerSecond: sizeBytes / 1e6 / seconds, sha256: hash.digest("hex") });
    });
    shell.type(`stty -echo; printf 'bulk-%s:' starts; ${command}; stty sane\n`);
  });
}
