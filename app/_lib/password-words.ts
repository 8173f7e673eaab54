export interface PasswordWords {
  /** 0 too short, 1 weak, 2 fair, 3 strong. */
  readonly level: 0 | 1 | 2 | 3;
  readonly words: string;
}

const LENGTH_MIN = 10;
const LENGTH_FAIR = 12;
const LENGTH_STRONG = 16;

/**
 * Judges a password by what matters against guessing: length and variety. A help while typing; the server decides with
 * `passwordSchema`.
 */
export function describePassword(password: string, email: string): PasswordWords {
  if (password.length === 0)
    return { level: 0, words: "At least 10 characters; a few words are easiest to keep." };
  if (password.length < LENGTH_MIN) {
    const missing = LENGTH_MIN - password.length;
    return {
      level: 0,
      words: `${String(missing)} more ${missing === 1 ? "character" : "characters"} to go.`,
    };
  }
  const name = email.split("@")[0]?.toLowerCase() ?? "";
  if (name.length > 2 && password.toLowerCase().includes(name)) {
    return { level: 1, words: "Weak: your e-mail address is in it." };
  }
  const variety = new Set(password).size;
  if (variety < 6) return { level: 1, words: "Weak: the same few characters over and over." };
  if (password.length < LENGTH_FAIR)
    return { level: 1, words: "Weak: a few more characters make it much stronger." };
  if (password.length < LENGTH_STRONG) return { level: 2, words: "Fair." };
  return { level: 3, words: "Strong." };
}
