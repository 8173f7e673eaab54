import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/fake-clock";
import { silentLogger } from "../../tests/support/silent-logger";
import { registryCredentialsOf, registryPrefixOf, type ClassRegistry } from "./class-registry";
import { ClassRegistryCollector } from "./class-registry-collector";

const MINUTE_MS = 60_000;
const prefixOf = (enrollmentId: string): string =>
  registryPrefixOf("Ada", { installationId: "here", enrollmentId });

function start(outcomes: ("collected" | "nothing" | "busy" | "never" | Error)[]) {
  const asked: (readonly string[])[] = [];
  const registry: ClassRegistry = {
    credentialsOf: (prefix) => registryCredentialsOf("secret", prefix),
    listPrefixes: async () => [prefixOf("stays"), prefixOf("gone"), "by-hand"],
    collect: async (prefixes) => {
      asked.push(prefixes);
      const outcome = outcomes.shift() ?? "nothing";
      if (outcome instanceof Error) throw outcome;
      if (outcome === "never") return new Promise(() => undefined);
      return outcome;
    },
  };
  const clock = new FakeClock();
  const collector = new ClassRegistryCollector({
    ...{ registry, clock, log: silentLogger(), installationId: "here" },
    readEnrollmentIds: async () => ["stays"],
  });
  collector.start();
  return { asked, clock, collector };
}

describe("ClassRegistryCollector", () => {
  it("takes out what belongs to nobody, soon after the start and every ten minutes", async () => {
    const { asked, clock, collector } = start([]);
    await clock.advance(MINUTE_MS);
    expect(asked).toEqual([[prefixOf("gone")]]);
    await clock.advance(10 * MINUTE_MS);
    expect(asked).toHaveLength(2);
    await collector.stop();
  });
  it("asks again in a minute when somebody was pushing", async () => {
    const { asked, clock, collector } = start(["busy"]);
    await clock.advance(MINUTE_MS);
    await clock.advance(MINUTE_MS);
    expect(asked).toHaveLength(2);
    await collector.stop();
  });
  it("is stopped at once while the registry is at work", async () => {
    const { asked, clock, collector } = start(["never"]);
    await clock.advance(MINUTE_MS);
    expect(asked).toHaveLength(1);
    await collector.stop();
  });
  it("goes on after a failure, and no more once it is stopped", async () => {
    const { asked, clock, collector } = start([new Error("no engine")]);
    await clock.advance(MINUTE_MS);
    await clock.advance(10 * MINUTE_MS);
    expect(asked).toHaveLength(2);
    await collector.stop();
    await clock.advance(20 * MINUTE_MS);
    expect(asked).toHaveLength(2);
  });
});
