import { createServer, request, type Server } from "node:http";
import { rm } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** `busy`: somebody is pushing, or another collection runs; ask again later. */
export const OUTCOMES = ["collected", "nothing", "busy"] as const;
export type CollectOutcome = (typeof OUTCOMES)[number];

const answerSchema = z.strictObject({ outcome: z.enum(OUTCOMES) });

/** Listens where only this container's root can ask: for collections of garbage. */
export async function startControl(
  socketPath: string,
  collect: (prefixes: readonly string[]) => Promise<CollectOutcome>,
): Promise<Server> {
  await rm(socketPath, { force: true });
  const server = createServer((asked, response) => {
    void text(asked)
      .then(async (body) => collect(z.array(z.string()).parse(JSON.parse(body))))
      .then(
        (outcome) => response.end(JSON.stringify({ outcome })),
        (error: unknown) => {
          response.statusCode = 500;
          response.end(error instanceof Error ? error.message : "");
        },
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return server;
}

/** Asks the running gateway for a collection. */
export async function askForCollection(
  socketPath: string,
  prefixes: readonly string[],
): Promise<CollectOutcome> {
  const body = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath, method: "POST", path: "/collect" }, (response) => {
      void text(response).then((answer) => {
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(answer));
      }, reject);
    });
    asked.on("error", reject);
    asked.end(JSON.stringify(prefixes));
  });
  return answerSchema.parse(JSON.parse(body)).outcome;
}
