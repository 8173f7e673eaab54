import { writeClipboard } from "./clipboard";

export interface PreflightFinding {
  readonly isWell: boolean;
  /** What was found and, when something is missing, what it means. */
  readonly words: string;
}

const LATENCY_TRIES = 5;
const LATENCY_FINE_MS = 150;
const DEADLINE_MS = 5_000;

/** Looks at one thing after another and tells each finding as it is there. Never rejects. */
export async function runPreflight(
  isSignedIn: boolean,
  tell: (finding: PreflightFinding) => void,
): Promise<void> {
  // The clipboard first: browsers allow it only soon after the click. Its finding is told in its turn.
  const clipboard = checkClipboard();
  tell(await checkLatency());
  tell(isSignedIn ? await checkWebSocket() : { isWell: true, words: UNKNOWN_WEBSOCKET });
  tell(await clipboard);
  tell(checkStorage());
  tell(checkDrawing());
}

const UNKNOWN_WEBSOCKET =
  "Works with and without WebSockets. Which it is shows when you have joined: test again then.";

async function checkLatency(): Promise<PreflightFinding> {
  const timesMs: number[] = [];
  try {
    for (let attempt = 0; attempt < LATENCY_TRIES; attempt += 1) {
      const startedMs = performance.now();
      await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(DEADLINE_MS) });
      timesMs.push(performance.now() - startedMs);
    }
  } catch {
    return { isWell: false, words: "Slipway did not answer every time. Check the network." };
  }
  const medianMs = Math.round(timesMs.toSorted((a, b) => a - b)[Math.floor(LATENCY_TRIES / 2)] ?? 0);
  const isWell = medianMs <= LATENCY_FINE_MS;
  return {
    isWell,
    words: isWell
      ? `${String(medianMs)} ms: typing feels immediate.`
      : `${String(medianMs)} ms: everything works, typing feels slow.`,
  };
}

/** The gateway opens the socket of whoever is signed in and closes it for want of a ticket: that it opened is the answer. */
function checkWebSocket(): Promise<PreflightFinding> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/terminal`);
    const end = (isWell: boolean) => {
      clearTimeout(deadline);
      socket.close();
      resolve({
        isWell,
        words: isWell
          ? "WebSockets get through."
          : "WebSockets are blocked on this network. The terminal uses plain HTTP instead, a little slower.",
      });
    };
    const deadline = setTimeout(() => {
      end(false);
    }, DEADLINE_MS);
    socket.addEventListener("open", () => {
      end(true);
    });
    socket.addEventListener("error", () => {
      end(false);
    });
  });
}

async function checkClipboard(): Promise<PreflightFinding> {
  if (!(await writeClipboard("Slipway can copy."))) {
    return { isWell: false, words: "Copying by button is blocked. Keys work: Ctrl+C, or ⌘C on a Mac." };
  }
  const mayRead = "clipboard" in navigator && "readText" in navigator.clipboard;
  return mayRead
    ? { isWell: true, words: "Copying works; pasting by key and by button." }
    : { isWell: true, words: "Copying works; paste by key: Ctrl+V, or ⌘V on a Mac." };
}

function checkStorage(): PreflightFinding {
  try {
    localStorage.setItem("slipway.preflight", "1");
    localStorage.removeItem("slipway.preflight");
    return { isWell: true, words: "This browser finds your sandbox again by itself." };
  } catch {
    return {
      isWell: false,
      words: "It keeps nothing (private window?). Write your rejoin code down when you join.",
    };
  }
}

function checkDrawing(): PreflightFinding {
  const hasWebgl = document.createElement("canvas").getContext("webgl2") !== null;
  return {
    isWell: true,
    words: hasWebgl
      ? "The terminal is drawn by the graphics card."
      : "The terminal is drawn by the browser: fine for a workshop.",
  };
}
