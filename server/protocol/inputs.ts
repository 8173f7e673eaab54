import { z } from "zod";

/** Input schemas that a browser and the server share. */

/** Letters and digits that are not mistaken for one another on a slide: no 0, O, 1, I, L, and no vowels to spell with. */
export const CODE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ";

/** Brings what a person typed to the stored form: upper case without spaces and hyphens. */
export function normalizeCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s\u2010-\u2015-]+/g, "");
}

/** Groups a code for reading aloud: `K7QM-2XRT`. */
export function formatCode(code: string): string {
  return code.replace(/(.{4})(?=.)/g, "$1-");
}

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
