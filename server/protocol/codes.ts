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
