import { z } from "zod";
import { normalizeCode } from "./codes";

// Codes are apart so that a page can read them without zod in its JavaScript.
export * from "./codes";

/** Input schemas that a browser and the server share. */

const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A person's name: any script, 1 to 60 characters, no control or direction-changing characters. */
export const displayNameSchema = z
  .string()
  .max(500, "Please use at most 60 characters.")
  .transform((name) => name.replace(CONTROL_CHARACTERS, " ").replace(/\s+/g, " ").trim())
  .pipe(z.string().min(1, "Please enter a name.").max(60, "Please use at most 60 characters."));

export const emailSchema = z
  .email("That does not look like an e-mail address.")
  .max(254)
  .transform((email) => email.toLowerCase());

export const passwordSchema = z
  .string()
  .min(10, "Please use at least 10 characters.")
  .max(200, "Please use at most 200 characters.");

export const codeSchema = z
  .string()
  .max(40)
  .transform(normalizeCode)
  .pipe(z.string().min(1, "Please enter the code."));

export const joinInput = z.object({
  code: codeSchema,
  displayName: displayNameSchema,
  email: z.union([z.literal("").transform(() => undefined), emailSchema]).optional(),
  /** Random, made once by the browser and kept there: joining twice with it gives one enrollment. */
  deviceKey: z.uuid(),
});
export type JoinInput = z.output<typeof joinInput>;

export const idSchema = z.uuid();
/** Ids of authored things: workshop, lab, step, check. */
export const slugSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

export const rejoinInput = z.object({ code: codeSchema });

export const redeemSetupLinkInput = z.object({
  token: z.string().min(20).max(100),
  displayName: displayNameSchema,
  email: emailSchema,
  password: passwordSchema,
});
export type RedeemSetupLinkInput = z.output<typeof redeemSetupLinkInput>;

const setupToken = z.string().min(20).max(100);
export const setupTokenInput = z.object({ token: setupToken });

export const setPasswordInput = z.object({ token: setupToken, password: passwordSchema });
export type SetPasswordInput = z.output<typeof setPasswordInput>;

export const accountIdInput = z.object({ accountId: idSchema });

export const changeStaffInput = z.object({
  accountId: idSchema,
  role: z.enum(["attendee", "instructor", "admin"]),
  isDisabled: z.boolean(),
});
export type ChangeStaffInput = z.output<typeof changeStaffInput>;

export const cohortIdInput = z.object({ cohortId: idSchema });

/** Most people in one cohort: what one room's board is built and measured for. */
export const COHORT_CAPACITY_MAX = 1_000;

/** How long a sandbox may be idle before it goes to sleep, unless the instructor says otherwise. */
export const SLEEP_AFTER_MINUTES_DEFAULT = 45;

/** Longest that a cohort may be open, homework included: 400 days. */
const COHORT_MS_MAX = 400 * 86_400_000;

export const createCohortInput = z
  .object({
    workshopId: slugSchema,
    name: z
      .string()
      .max(500, "Please use at most 100 characters.")
      .transform((name) => name.replace(CONTROL_CHARACTERS, " ").replace(/\s+/g, " ").trim())
      .pipe(z.string().min(1, "Please enter a name.").max(100, "Please use at most 100 characters.")),
    startsAt: z.date(),
    endsAt: z.date(),
    homeworkUntil: z.date(),
    capacity: z.int().min(1, "At least 1.").max(COHORT_CAPACITY_MAX, `At most ${COHORT_CAPACITY_MAX}.`),
    /** Idle minutes after which a sandbox goes to sleep, with nothing lost; 0 is never. */
    sleepAfterMinutes: z
      .int()
      .min(0, "0 is never.")
      .max(1_440, "At most a day: 1440.")
      .default(SLEEP_AFTER_MINUTES_DEFAULT),
  })
  .refine(({ startsAt, endsAt }) => startsAt < endsAt, {
    path: ["endsAt"],
    message: "The end has to be after the start.",
  })
  .refine(({ endsAt, homeworkUntil }) => endsAt <= homeworkUntil, {
    path: ["homeworkUntil"],
    message: "Homework cannot close before the workshop ends.",
  })
  .refine(({ startsAt, homeworkUntil }) => homeworkUntil.getTime() - startsAt.getTime() <= COHORT_MS_MAX, {
    path: ["homeworkUntil"],
    message: "A workshop with its homework may last 400 days.",
  });
export type CreateCohortInput = z.output<typeof createCohortInput>;

export const replaceJoinCodeInput = z.object({
  cohortId: idSchema,
  /** Half a year at most. */
  hoursValid: z.int().min(1).max(4_320),
});
export type ReplaceJoinCodeInput = z.output<typeof replaceJoinCodeInput>;
