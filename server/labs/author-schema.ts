import { z } from "zod";
import { slugSchema } from "../protocol/inputs";
import { PROFILES } from "../protocol/profile";
import { checkSchema, imageReference } from "./check";

const title = z.string().min(1).max(120);
const minutes = z.int().min(1).max(600);
const markdown = z.string().min(1).max(4_000);

/** `workshop.yaml`. */
export const workshopFileSchema = z.strictObject({
  title,
  summary: z.string().min(1).max(1_000),
  audience: z.string().min(1).max(1_000),
  minutes,
  /** Folders below this one, in the order in which attendees meet them. */
  labs: z.array(slugSchema).min(1).max(50),
});

/** `lab.yaml`. Pages, solutions and sabotage are found by a step's place and id: `steps/01-<id>.md`, `solution/01-<id>.sh`. */
export const labFileSchema = z
  .strictObject({
    title,
    summary: z.string().min(1).max(1_000),
    minutes,
    /** The least kind of sandbox in which the lab can be done. */
    profile: z
      .enum(PROFILES, { error: `is not a profile: there are ${PROFILES.join(", ")}` })
      .default("docker"),
    /** Images that the lab names because nobody gives them: for steps about a tag that does not exist. */
    absentImages: z.array(imageReference).max(20).default([]),
    steps: z
      .array(
        z.strictObject({
          id: slugSchema,
          title,
          minutes,
          checks: z.array(checkSchema).min(1).max(20),
          hints: z.array(markdown).max(10).default([]),
        }),
      )
      .min(1)
      .max(40),
  })
  .superRefine((lab, context) => {
    reportRepeats(
      lab.steps.map((step) => step.id),
      (index) => {
        context.addIssue({ code: "custom", path: ["steps", index, "id"], message: "this id is taken" });
      },
    );
    for (const [stepIndex, step] of lab.steps.entries()) {
      const report = (index: number): void => {
        const path = ["steps", stepIndex, "checks", index, "id"];
        context.addIssue({ code: "custom", path, message: "this id is taken" });
      };
      reportRepeats(
        step.checks.map((check) => check.id),
        report,
      );
    }
  });

export type WorkshopFile = z.output<typeof workshopFileSchema>;
export type LabFile = z.output<typeof labFileSchema>;

function reportRepeats(ids: readonly string[], report: (index: number) => void): void {
  const seen = new Set<string>();
  for (const [index, id] of ids.entries()) {
    if (seen.has(id)) report(index);
    seen.add(id);
  }
}
