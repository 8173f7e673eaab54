/** The raw answers of the API, asked for before the page's scripts are there. Each rejects when it was not a good one. */
export interface HeadStart {
  readonly cohortId: string;
  readonly labId: string;
  readonly lab: Promise<unknown>;
  readonly terminals: Promise<unknown>;
  /** A ticket for the first of the terminals; undefined when there is none. */
  readonly ticket: Promise<unknown>;
  readonly startedAtMs: number;
}

/** The inline script of the lab page. It leaves a `HeadStart` at `__slipwayHeadStart`. */
export function headStartScript(cohortId: string, labId: string): string {
  // What comes from the address must not end the script.
  const values = JSON.stringify([cohortId, labId]).replaceAll("<", "\\u003c");
  return `self.__slipwayHeadStart=(${start.toString()})(...${values})`;
}

/** Runs alone in the page: it may use nothing from this module. */
function start(cohortId: string, labId: string): HeadStart {
  const ask = (path: string, init?: RequestInit): Promise<unknown> => {
    const answer = fetch(`/api/trpc/${path}`, init).then(async (response) => {
      if (!response.ok) throw new Error(String(response.status));
      return ((await response.json()) as { result: { data: unknown } }).result.data;
    });
    answer.catch(() => undefined);
    return answer;
  };
  const query = (name: string, json: object) =>
    ask(`${name}?input=${encodeURIComponent(JSON.stringify({ json }))}`);
  const terminals = query("terminals.list", { cohortId });
  const ticket = terminals.then((list) => {
    const terminalId = (list as { json: { terminalId: string }[] }).json[0]?.terminalId;
    if (terminalId === undefined) return undefined;
    const body = JSON.stringify({ json: { cohortId, terminalId } });
    return ask("terminals.issueTicket", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
  });
  ticket.catch(() => undefined);
  const lab = query("grading.lab", { cohortId, labId });
  return { cohortId, labId, lab, terminals, ticket, startedAtMs: performance.now() };
}
