import { expect, it } from "vitest";
import type { DataVolumes } from "./data-volumes";
import type { EngineApi } from "./engine-api";
import { imageKeyOf, templateName } from "./cluster-template";
import { ProfileTemplates, type Preparation } from "./profile-templates";

const IMAGE_ID = `sha256:${"a".repeat(64)}`;
const TEMPLATE = templateName({
  ...{ profile: "kubernetes", imageKey: imageKeyOf(IMAGE_ID), contentKey: "b".repeat(12) },
});

/** With a template of one node, and none of three. */
function templatesWith(preparation: Preparation): ProfileTemplates {
  return new ProfileTemplates({
    engine: { call: async () => ({ Id: IMAGE_ID }) } as unknown as EngineApi,
    volumes: { listTemplates: async () => [TEMPLATE] } as unknown as DataVolumes,
    image: "slipway/sandbox",
    readPreparation: async () => preparation,
  });
}

it("has what is prepared, and says what is under way", async () => {
  const templates = templatesWith({ state: "preparing", byPid: process.pid });
  expect((await templates.readStates()).map(({ state }) => state)).toEqual(["ready", "ready", "preparing"]);
  expect(await templates.find("kubernetes")).toBe(TEMPLATE);
  expect(await templates.find("docker")).toBeNull();
});

it("has no clusters where they are switched off, whatever was prepared before", async () => {
  const templates = templatesWith({ state: "off" });
  expect((await templates.readStates()).map(({ state }) => state)).toEqual([
    "ready",
    "unavailable",
    "unavailable",
  ]);
  await expect(templates.find("kubernetes")).rejects.toMatchObject({ code: "sandbox.profile-unavailable" });
});
