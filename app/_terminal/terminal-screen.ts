import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { WebglAddon } from "@xterm/addon-webgl";
import { Terminal, type IDisposable } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { writeClipboard } from "@/app/_lib/clipboard";
import { planPaste, type PastePlan } from "@/app/_lib/paste-guard";
import { clipboardKeyOf } from "@/app/_lib/shortcuts";
import { COLUMNS_MAX, ROWS_MAX } from "@/server/protocol/terminal-frames";
import { parseClipboardWrite } from "./clipboard-sequence";
import { TERMINAL_THEMES, type TerminalThemeName } from "./terminal-theme";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenLooks {
  readonly theme: TerminalThemeName;
  readonly fontSize: number;
  readonly isScreenReader: boolean;
}

/** What the emulator needs the page for. */
export interface ScreenListeners {
  /** Keys, pastes and the emulator's own answers, to be typed in the sandbox. */
  readonly onInput: (text: string) => void;
  /** Reports of the mouse in the old encoding, which is no UTF-8. */
  readonly onBinaryInput: (bytes: Uint8Array) => void;
  readonly onSize: (size: ScreenSize) => void;
  /** Asked before several lines are typed, and told of pastes that are refused. True types them. */
  readonly mayPaste: (plan: PastePlan) => Promise<boolean>;
  /** A program in the sandbox wants to put this on the clipboard. */
  readonly mayWriteClipboard: (text: string) => Promise<boolean>;
  /** A link whose text may hide where it leads; always http or https. */
  readonly mayOpenLink: (url: string) => Promise<boolean>;
  /** What the pointer is over, or null. */
  readonly onLinkHover: (url: string | null) => void;
}

const SCROLLBACK_LINES = 10_000;
const RESIZE_SETTLE_MS = 60;
const FONT_WAIT_MS = 1_500;
const WEBGL_WAIT_MS = 1_000;

/** One terminal's emulator in one element. Whoever creates it disposes of it. */
export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #disposables: IDisposable[] = [];
  readonly #listeners: ScreenListeners;
  readonly #element: HTMLElement;
  #resizeTimer: ReturnType<typeof setTimeout> | undefined;

  private constructor(element: HTMLElement, looks: ScreenLooks, listeners: ScreenListeners) {
    this.#element = element;
    this.#listeners = listeners;
    this.#terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: fontFamily(),
      fontSize: looks.fontSize,
      linkHandler: this.#linkHandler(),
      macOptionClickForcesSelection: true,
      minimumContrastRatio: 4.5,
      scrollback: SCROLLBACK_LINES,
      screenReaderMode: looks.isScreenReader,
      theme: TERMINAL_THEMES[looks.theme],
    });
  }

  /** Resolves with the emulator on the page, once its font is there: cells are measured only once. */
  static async open(
    element: HTMLElement,
    looks: ScreenLooks,
    listeners: ScreenListeners,
  ): Promise<TerminalScreen> {
    const screen = new TerminalScreen(element, looks, listeners);
    await fontLoaded(looks.fontSize);
    screen.#open();
    return screen;
  }

  get size(): ScreenSize {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  /** Resolves when the bytes are on the screen: what flow control acknowledges. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#terminal.write(bytes, resolve);
    });
  }

  /** Forgets everything shown, as before the first byte. */
  reset(): void {
    this.#terminal.reset();
  }

  /** Another tab or device of the same attendee has set this size: the shell has it, so this screen shows it. */
  follow({ columns, rows }: ScreenSize): void {
    if (columns !== this.#terminal.cols || rows !== this.#terminal.rows) this.#terminal.resize(columns, rows);
  }

  /** Types a command and runs it; the shell takes several lines as one when it knows bracketed paste. */
  run(command: string): void {
    this.#terminal.paste(command.replace(/\r\n?/g, "\n"));
    this.#terminal.input("\r");
    this.#terminal.scrollToBottom();
    this.focus();
  }

  async paste(text: string): Promise<void> {
    const plan = planPaste(text);
    if (plan.text === "") return;
    const isPlain = !plan.mayNeedConsent && !plan.isTooLong;
    if (isPlain || (await this.#listeners.mayPaste(plan))) this.#terminal.paste(plan.text);
    this.focus();
  }

  /** Copies the selection; false when there is none or the browser refused. */
  async copy(): Promise<boolean> {
    const selection = this.#terminal.getSelection();
    const isCopied = selection !== "" && (await writeClipboard(selection));
    if (isCopied) this.focus();
    return isCopied;
  }

  find(text: string, direction: "next" | "previous"): boolean {
    const decorations = { matchOverviewRuler: "#5fe3c0", activeMatchColorOverviewRuler: "#e3c370" };
    const options = { decorations, incremental: false };
    return direction === "next"
      ? this.#search.findNext(text, options)
      : this.#search.findPrevious(text, options);
  }

  endSearch(): void {
    this.#search.clearDecorations();
  }

  setLooks(looks: ScreenLooks): void {
    this.#terminal.options.theme = TERMINAL_THEMES[looks.theme];
    this.#terminal.options.fontSize = looks.fontSize;
    this.#terminal.options.screenReaderMode = looks.isScreenReader;
    this.fit();
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Takes as many columns and rows as the element holds. Does nothing while it is not shown. */
  fit(): void {
    const proposed = this.#fit.proposeDimensions();
    if (proposed === undefined || !(proposed.cols >= 2 && proposed.rows >= 1)) return;
    if (this.#element.offsetParent === null) return;
    this.#terminal.resize(Math.min(proposed.cols, COLUMNS_MAX), Math.min(proposed.rows, ROWS_MAX));
  }

  /** Everything in the active buffer as plain text, lines trimmed at their end. */
  text(): string {
    const buffer = this.#terminal.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, row) =>
      buffer.getLine(row)?.translateToString(true),
    );
    return lines.join("\n").trimEnd();
  }

  dispose(): void {
    clearTimeout(this.#resizeTimer);
    for (const disposable of this.#disposables.reverse()) disposable.dispose();
    this.#terminal.dispose();
  }

  #open(): void {
    const terminal = this.#terminal;
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.#search);
    terminal.loadAddon(new Unicode11Addon());
    terminal.unicode.activeVersion = "11";
    terminal.loadAddon(
      new WebLinksAddon(
        (_, url) => {
          openLink(url);
        },
        {
          hover: (_, url) => {
            this.#listeners.onLinkHover(url);
          },
          leave: () => {
            this.#listeners.onLinkHover(null);
          },
        },
      ),
    );
    terminal.open(this.#element);
    this.fit();
    this.#disposables.push(
      terminal.onData(this.#listeners.onInput),
      terminal.onBinary((text) => {
        this.#listeners.onBinaryInput(Uint8Array.from(text, (character) => character.charCodeAt(0)));
      }),
      terminal.onResize(({ cols, rows }) => {
        this.#listeners.onSize({ columns: cols, rows });
      }),
      terminal.parser.registerOscHandler(52, (payload) => this.#onClipboardSequence(payload)),
      this.#watchElement(),
      this.#interceptPaste(),
      this.#loadWebglLater(),
      this.#watchFonts(),
    );
    terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
  }

  /** The first screen and the first keys come before WebGL, whose setting up takes long on some machines. */
  #loadWebglLater(): IDisposable {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const firstOutput = this.#terminal.onWriteParsed(() => {
      firstOutput.dispose();
      timer = setTimeout(() => {
        if (!isWebglFast()) return;
        this.#loadWebgl();
        // Its cells are whole pixels wide, so more or fewer of them fit.
        this.fit();
      }, WEBGL_WAIT_MS);
    });
    return {
      dispose: () => {
        clearTimeout(timer);
        firstOutput.dispose();
      },
    };
  }

  /** The DOM renderer takes over when there is no WebGL or the browser takes its context away. */
  #loadWebgl(): void {
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => {
        webgl.dispose();
      });
      this.#terminal.loadAddon(webgl);
    } catch {
      // Without WebGL xterm draws with the DOM: slower and right.
    }
  }

  #onKey(event: KeyboardEvent): boolean {
    if (event.type !== "keydown") return true;
    const key = clipboardKeyOf(event, this.#terminal.hasSelection());
    if (key === undefined) return true;
    if (key === "copy") {
      event.preventDefault();
      const selection = this.#terminal.getSelection();
      if (selection !== "") void writeClipboard(selection);
      // A second Ctrl+C interrupts, as people expect after having copied.
      this.#terminal.clearSelection();
    }
    return false;
  }

  #interceptPaste(): IDisposable {
    const onPaste = (event: ClipboardEvent) => {
      event.preventDefault();
      event.stopPropagation();
      void this.paste(event.clipboardData?.getData("text/plain") ?? "");
    };
    this.#element.addEventListener("paste", onPaste, { capture: true });
    return {
      dispose: () => {
        this.#element.removeEventListener("paste", onPaste, { capture: true });
      },
    };
  }

  #watchElement(): IDisposable {
    const observer = new ResizeObserver(() => {
      clearTimeout(this.#resizeTimer);
      this.#resizeTimer = setTimeout(() => {
        this.fit();
      }, RESIZE_SETTLE_MS);
    });
    observer.observe(this.#element);
    return {
      dispose: () => {
        observer.disconnect();
      },
    };
  }

  /** A font that comes after all is wider or narrower than what stood in for it: the cells are measured again. */
  #watchFonts(): IDisposable {
    const measure = () => {
      this.#terminal.options.fontFamily = "monospace";
      this.#terminal.options.fontFamily = fontFamily();
      this.fit();
    };
    document.fonts.addEventListener("loadingdone", measure);
    return {
      dispose: () => {
        document.fonts.removeEventListener("loadingdone", measure);
      },
    };
  }

  /** Writes only, and only after the reader has agreed. A request to read the clipboard is never answered. */
  #onClipboardSequence(payload: string): boolean {
    const text = parseClipboardWrite(payload);
    if (text !== undefined) {
      void this.#listeners.mayWriteClipboard(text).then((isAllowed) => {
        if (isAllowed) void writeClipboard(text);
      });
    }
    return true;
  }

  #linkHandler() {
    return {
      allowNonHttpProtocols: false,
      activate: (_: MouseEvent, url: string) => {
        void this.#listeners.mayOpenLink(url).then((isAllowed) => {
          if (isAllowed) openLink(url);
        });
      },
      hover: (_: MouseEvent, url: string) => {
        this.#listeners.onLinkHover(url);
      },
      leave: () => {
        this.#listeners.onLinkHover(null);
      },
    };
  }
}

/** False where a processor plays the graphics card, which not every browser admits: there the DOM is faster. */
function isWebglFast(): boolean {
  const context = document.createElement("canvas").getContext("webgl2", {
    failIfMajorPerformanceCaveat: true,
  });
  if (context === null) return false;
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const renderer: unknown = context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(renderer));
}

function openLink(url: string): void {
  if (/^https?:\/\//i.test(url)) window.open(url, "_blank", "noopener,noreferrer");
}

function fontFamily(): string {
  const own = getComputedStyle(document.documentElement).getPropertyValue("--font-jetbrains-mono").trim();
  return own === "" ? "ui-monospace, monospace" : `${own}, ui-monospace, monospace`;
}

async function fontLoaded(fontSize: number): Promise<void> {
  const tooLate = new Promise((resolve) => setTimeout(resolve, FONT_WAIT_MS));
  const loaded = document.fonts.load(`${String(fontSize)}px ${fontFamily()}`).catch(() => undefined);
  await Promise.race([loaded, tooLate]);
}
