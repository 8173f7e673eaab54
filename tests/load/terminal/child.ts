import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";

/** A TypeScript program in a process of its own that answers one message at a time. */
export class Child {
  readonly #child: ChildProcess;
  #ready: Promise<string>;

  constructor(name: string, args: readonly string[] = []) {
    const file = path.join(import.meta.dirname, name);
    this.#child = fork(file, args, { execArgv: ["--expose-gc", "--import", "tsx"] });
    this.#ready = this.#next();
  }

  /** What the program says once it is ready. */
  get ready(): Promise<string> {
    return this.#ready;
  }

  async ask(question: { readonly ask: string; readonly terminalId?: string }): Promise<string> {
    const answer = this.#next();
    this.#child.send(question);
    return answer;
  }

  stop(): void {
    this.#child.kill("SIGTERM");
  }

  #next(): Promise<string> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => {
        reject(new Error(`the program ended with ${String(code)}`));
      };
      this.#child.once("exit", onExit);
      this.#child.once("message", ({ answer }: { answer: string }) => {
        this.#child.off("exit", onExit);
        resolve(answer);
      });
    });
  }
}
