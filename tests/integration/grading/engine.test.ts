import type { RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { CheckResult } from "../../../server/grading/attempt";
import { createTakeSnapshot } from "../../../server/grading/collect-evidence";
import { TROUBLE_SENTENCES } from "../../../server/grading/evidence";
import { judgeCheck } from "../../../server/grading/judge-check";
import { checkSchema } from "../../../server/labs/check";
import { sendJson, startApiServers, type ApiServers } from "../../support/api-servers";

/** An attendee is root in their sandbox and may put anything in place of the engine. */

let servers: ApiServers | undefined;
afterEach(async () => {
  await servers?.close();
  servers = undefined;
});

async function judge(engine: RequestListener, fields: Record<string, unknown>): Promise<CheckResult> {
  servers = await startApiServers({ engine });
  const check = checkSchema.parse({ id: "it", title: "It", ...fields });
  const snapshot = createTakeSnapshot(servers)(servers.id, new AbortController().signal);
  try {
    return judgeCheck(check, await snapshot.collect(check));
  } finally {
    snapshot.close();
  }
}

const web = { kind: "container", name: "web" };
const id = "a".repeat(64);
const container = (fields: object = {}) => ({
  ...{ Id: id, Name: "/web", Image: "sha256:1", Mounts: [], NetworkSettings: {} },
  State: { Status: "running", ExitCode: 0, OOMKilled: false, StartedAt: "2026-01-01T00:00:00Z" },
  Config: { Image: "nginx:alpine" },
  HostConfig: { Memory: 0, NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0 },
  ...fields,
});
const isList = (url: string | undefined): boolean => url?.startsWith("/containers/json") === true;

/** Answers the list honestly and each container as given. */
const inspecting =
  (inspected: unknown): RequestListener =>
  (request, response) => {
    sendJson(response, isList(request.url) ? [{ Id: id }] : inspected);
  };

describe("an engine", () => {
  it("is believed as far as it answers like one", async () => {
    expect(await judge(inspecting(container()), web)).toMatchObject({
      verdict: "passed",
      seen: "Container web is running.",
    });
  });

  it("may lose a container between the list and the look", async () => {
    const gone: RequestListener = (request, response) => {
      sendJson(response, isList(request.url) ? [{ Id: id }] : {}, isList(request.url) ? 200 : 404);
    };
    expect(await judge(gone, web)).toMatchObject({
      verdict: "failed",
      seen: "There is no container named web.",
    });
  });

  it("is asked about sixty containers at most", async () => {
    let asked = 0;
    const crowded: RequestListener = (request, response) => {
      if (isList(request.url)) {
        const ids = Array.from({ length: 5_000 }, (_, index) => ({
          Id: index.toString(16).padStart(64, "0"),
        }));
        sendJson(response, ids);
      } else {
        asked += 1;
        sendJson(response, container({ Name: "/other" }));
      }
    };
    expect((await judge(crowded, web)).verdict).toBe("failed");
    expect(asked).toBe(60);
  });
});

describe("what is no engine", () => {
  const answers: Readonly<Record<string, RequestListener>> = {
    "says no JSON": (_, response) => response.end("<html>"),
    "says another shape": (_, response) => {
      sendJson(response, { Id: 7 });
    },
    "leads elsewhere": (_, response) => response.writeHead(302, { location: "http://evil.example/" }).end(),
    "climbs out of its path": (_, response) => {
      sendJson(response, [{ Id: "../../images" }]);
    },
    "lies about a container": inspecting(container({ State: { Status: "flying" } })),
    "has a name without end": inspecting(container({ Name: "x".repeat(100_000) })),
    "pours without end": (_, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    },
    "breaks off": (_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("[");
      response.destroy();
    },
    "hangs up": (_, response) => {
      response.destroy();
    },
    "speaks no HTTP": (request) => {
      request.socket.end("SSH-2.0-x\r\n");
    },
    "nests without end": (_, response) => response.end("[".repeat(200_000)),
    "is a server error": (_, response) => {
      sendJson(response, {}, 500);
    },
  };

  it.each(Object.keys(answers))("%s: nothing is held against the attendee", async (name) => {
    const result = await judge(answers[name] ?? inspecting({}), web);
    expect(result).toMatchObject({ verdict: "errored", seen: TROUBLE_SENTENCES.malformed });
  });

  it("says nothing at all: the check comes to an end in time", async () => {
    const startedAtMs = performance.now();
    expect(await judge(() => undefined, web)).toMatchObject({
      verdict: "errored",
      seen: TROUBLE_SENTENCES["timed-out"],
    });
    expect(performance.now() - startedAtMs).toBeLessThan(6_500);
  });

  it("says what would be code in a page: it is one line of plain text", async () => {
    const result = await judge(
      inspecting(container({ NetworkSettings: { Networks: { "\u001b[31m\u202e<b>": {} } } })),
      { ...web, network: "visits" },
    );
    expect(result.verdict).toBe("failed");
    expect(result.seen).not.toMatch(/[\u001b\u202e\n]/);
  });
});
