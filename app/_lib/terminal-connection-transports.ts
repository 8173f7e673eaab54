/** A way to the server that carries whole frames in order. */
export interface Transport {
  readonly kind: "websocket" | "http";
  send(frame: Uint8Array): void;
  /** Ends it without telling `onClose`. Idempotent. */
  close(): void;
}

export interface TransportListeners {
  readonly onFrame: (frame: Uint8Array) => void;
  /** Called once. `hasOpened` is false when the server was never reached this way. */
  readonly onClose: (end: {
    readonly code: number;
    readonly reason: string;
    readonly hasOpened: boolean;
  }) => void;
}

/** What the browser gives; tests give their own. */
export interface TransportEnvironment {
  /** `https://host:port` of the page. */
  readonly origin: string;
  readonly createWebSocket: (url: string) => WebSocket;
  readonly createEventSource: (url: string) => EventSource;
  readonly fetch: typeof fetch;
}

const ABNORMAL = 1006;
/** Close codes of the server's, for the statuses that `connect` answers. */
const CLOSE_CODE_OF_STATUS: Readonly<Record<number, number>> = { 400: 4400, 401: 4401, 403: 4403, 404: 4404 };
const POST_BYTES_MAX = 192 * 1024;
const LENGTH_BYTES = 4;
/** A socket that neither opens nor fails: a proxy that swallows upgrades. */
const OPEN_TIMEOUT_MS = 8_000;

/** Frames over a WebSocket; `hello` is its first message. */
export function openSocketTransport(
  environment: TransportEnvironment,
  hello: string,
  listeners: TransportListeners,
): Transport {
  const socket = environment.createWebSocket(`${environment.origin.replace(/^http/, "ws")}/ws/terminal`);
  let hasOpened = false;
  let hasEnded = false;
  const end = (code: number, reason: string): void => {
    clearTimeout(timer);
    if (hasEnded) return;
    hasEnded = true;
    listeners.onClose({ code, reason, hasOpened });
  };
  const timer = setTimeout(() => {
    end(ABNORMAL, "timed out");
    socket.close();
  }, OPEN_TIMEOUT_MS);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    clearTimeout(timer);
    hasOpened = true;
    socket.send(hello);
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!hasEnded && data instanceof ArrayBuffer) listeners.onFrame(new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }) => {
    end(code, reason);
  };
  return {
    kind: "websocket",
    send: (frame) => {
      if (hasOpened && !hasEnded) socket.send(frame as Uint8Array<ArrayBuffer>);
    },
    close: () => {
      clearTimeout(timer);
      hasEnded = true;
      socket.close(1000);
    },
  };
}

/** Frames over plain HTTP: server-sent events down, one POST at a time up. */
export function openHttpTransport(
  environment: TransportEnvironment,
  hello: string,
  listeners: TransportListeners,
): Transport {
  const transport = new HttpTransport(environment, listeners);
  void transport.open(hello);
  return transport;
}

class HttpTransport implements Transport {
  readonly kind = "http";
  readonly #environment: TransportEnvironment;
  readonly #listeners: TransportListeners;
  #connectionId: string | undefined;
  #events: EventSource | undefined;
  #waiting: Uint8Array[] = [];
  #isSending = false;
  #hasOpened = false;
  #hasEnded = false;

  constructor(environment: TransportEnvironment, listeners: TransportListeners) {
    this.#environment = environment;
    this.#listeners = listeners;
  }

  async open(hello: string): Promise<void> {
    try {
      const response = await this.#post("connect", hello);
      if (!response.ok) {
        this.#end(CLOSE_CODE_OF_STATUS[response.status] ?? ABNORMAL, "refused");
        return;
      }
      const { connectionId } = (await response.json()) as { connectionId: string };
      if (!this.#hasEnded) this.#listen(connectionId);
    } catch {
      this.#end(ABNORMAL, "unreachable");
    }
  }

  send(frame: Uint8Array): void {
    if (this.#hasEnded) return;
    this.#waiting.push(frame);
    void this.#flush();
  }

  close(): void {
    this.#hasEnded = true;
    this.#events?.close();
  }

  #listen(connectionId: string): void {
    this.#connectionId = connectionId;
    const { origin, createEventSource } = this.#environment;
    const events = createEventSource(`${origin}/api/terminals/stream?connectionId=${connectionId}`);
    this.#events = events;
    events.onopen = () => (this.#hasOpened = true);
    events.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!this.#hasEnded) this.#listeners.onFrame(decodeBase64(String(data)));
    };
    events.addEventListener("end", ({ data }: MessageEvent<unknown>) => {
      const { code, reason } = JSON.parse(String(data)) as { code: number; reason: string };
      this.#end(code, reason);
    });
    // It would come back by itself to a connection that is gone: a new one resumes better.
    events.onerror = () => {
      this.#end(ABNORMAL, "stream ended");
    };
    void this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#isSending || this.#connectionId === undefined) return;
    this.#isSending = true;
    try {
      while (this.#waiting.length > 0 && !this.#hasEnded) {
        const response = await this.#post(`send?connectionId=${this.#connectionId}`, this.#takeBody());
        if (!response.ok) this.#end(CLOSE_CODE_OF_STATUS[response.status] ?? ABNORMAL, "refused");
      }
    } catch {
      this.#end(ABNORMAL, "unreachable");
    } finally {
      this.#isSending = false;
    }
  }

  /** As many waiting frames as one POST may carry, each with its length before it. */
  #takeBody(): Uint8Array<ArrayBuffer> {
    let length = 0;
    let count = 0;
    for (const frame of this.#waiting) {
      if (count > 0 && length + frame.length + LENGTH_BYTES > POST_BYTES_MAX) break;
      length += frame.length + LENGTH_BYTES;
      count += 1;
    }
    const body = new Uint8Array(length);
    const view = new DataView(body.buffer);
    let at = 0;
    for (const frame of this.#waiting.splice(0, count)) {
      view.setUint32(at, frame.length);
      body.set(frame, at + LENGTH_BYTES);
      at += LENGTH_BYTES + frame.length;
    }
    return body;
  }

  #post(path: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    const type = typeof body === "string" ? "application/json" : "application/octet-stream";
    const { origin, fetch } = this.#environment;
    return fetch(`${origin}/api/terminals/${path}`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
  }

  #end(code: number, reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#events?.close();
    this.#listeners.onClose({ code, reason, hasOpened: this.#hasOpened });
  }
}

function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
