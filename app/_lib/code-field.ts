import { formatCode, normalizeCode } from "@/server/protocol/codes";

export interface TypedCode {
  readonly text: string;
  readonly caret: number;
}

/**
 * Brings what stands in a code field to groups of four, upper case, and says where the caret belongs, so that typing and
 * deleting in the middle and pasting in any form (`k7qm2xrt`, `K7QM – 2XRT`, a whole rejoin link) work alike. Characters
 * that are in no code are kept: the server's answer about a wrong code is clearer than a key that seems dead.
 */
export function formatTypedCode(typed: string, caret: number): TypedCode {
  const fromLink = /#([^#\s]+)$/.exec(typed)?.[1];
  if (fromLink !== undefined) {
    const text = formatCode(keepCodeCharacters(fromLink));
    return { text, caret: text.length };
  }
  const before = keepCodeCharacters(typed.slice(0, caret)).length;
  const text = formatCode(keepCodeCharacters(typed));
  const hyphens = before === 0 ? 0 : Math.floor((before - 1) / GROUP_LENGTH);
  return { text, caret: Math.min(text.length, before + hyphens) };
}

const GROUP_LENGTH = 4;
const LENGTH_MAX = 32;

function keepCodeCharacters(typed: string): string {
  return normalizeCode(typed)
    .replace(/[^A-Z0-9]/g, "")
    .slice(0, LENGTH_MAX);
}
