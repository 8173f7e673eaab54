/** As much of a browser's EventSource as the terminal's connection uses; Node 20 has none. */
export function createEventSource(url: string, headers: Record<string, string>): EventSource {
  const abort = new AbortController();
  const listeners = new Map<string, (event: MessageEvent) => void>();
  const source = {
    onopen: null as (() => void) | null,
    onmessage: null as ((event: { data: string }) => void) | null,
    onerror: null as (() => void) | null,
    addEventListener: (name: string, listener: (event: MessageEvent) => void) =>
      listeners.set(name, listener),
    close: () => {
      abort.abort();
    },
  };
  const read = async (): Promise<void> => {
    const response = await fetch(url, { headers, signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`);
    source.onopen?.();
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) emit(event);
    }
    throw new Error("ended");
  };
  const emit = (event: string): void => {
    const name = /^event: (.*)$/m.exec(event)?.[1];
    const data = /^data: (.*)$/m.exec(event)?.[1];
    if (data === undefined) return;
    if (name === undefined) source.onmessage?.({ data });
    else listeners.get(name)?.({ data } as MessageEvent);
  };
  read().catch(() => {
    if (!abort.signal.aborted) source.onerror?.();
  });
  return source as unknown as EventSource;
}
