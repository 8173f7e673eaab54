/**
 * Why a picture may not be served, or undefined. Pictures are shown as images, where a browser runs nothing in them; this
 * is the second lock, for whoever opens one in a tab of its own. The third is the answer's Content-Security-Policy.
 */
export function findSvgTrouble(text: string): string | undefined {
  if (!/<svg[\s>]/.test(text)) return "is not an SVG picture";
  const found = FORBIDDEN.find(([pattern]) => pattern.test(text));
  return found === undefined ? undefined : `may not hold ${found[1]}`;
}

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [
    /<\s*(?:[\w-]+:)?(script|foreignObject|iframe|embed|object|audio|video|animate|set|handler)\b/i,
    "scripts, animations or foreign content",
  ],
  [/<!(DOCTYPE|ENTITY)/i, "a document type or entities"],
  [/<\?(?!xml\s)/i, "processing instructions"],
  [/[\s"'/]on[a-z]+\s*=/i, "event handlers"],
  [/(?:href|src)\s*=\s*["']?\s*(?!#)[^"'\s>]/i, "addresses other than its own fragments"],
  [/javascript\s*:/i, "script addresses"],
  [/@import|url\(\s*["']?(?!#)/i, "style from elsewhere"],
];
