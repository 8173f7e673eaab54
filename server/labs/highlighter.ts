import { createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createOnigurumaEngine } from "shiki/engine/oniguruma";

/** Names that authors may give a fence, and the grammar that colours it. */
const LANGUAGES = {
  sh: "shellscript",
  bash: "shellscript",
  console: "shellsession",
  dockerfile: "docker",
  yaml: "yaml",
  python: "python",
  json: "json",
  ini: "ini",
  html: "html",
  text: "text",
} as const;

export type FenceLanguage = keyof typeof LANGUAGES;

export function isFenceLanguage(name: string): name is FenceLanguage {
  return Object.hasOwn(LANGUAGES, name);
}

/** For problems: what may be written after the back-ticks. */
export const FENCE_LANGUAGES = Object.keys(LANGUAGES);

export type Highlight = (code: string, language: FenceLanguage) => ReturnType<HighlighterCore["codeToHast"]>;

export interface Highlighter {
  readonly highlight: Highlight;
  /** Frees the grammars: a megabyte or two that are needed only while the catalog loads. */
  dispose(): void;
}

/**
 * Colours code for two themes at once: each span carries `--shiki-light` and `--shiki-dark`, and the page's style sheet
 * chooses. Nothing of it runs in the page.
 */
export async function createHighlighter(): Promise<Highlighter> {
  const highlighter = await createHighlighterCore({
    themes: [
      import("shiki/themes/github-light-high-contrast.mjs"),
      import("shiki/themes/github-dark-default.mjs"),
    ],
    langs: [
      import("shiki/langs/shellscript.mjs"),
      import("shiki/langs/shellsession.mjs"),
      import("shiki/langs/docker.mjs"),
      import("shiki/langs/yaml.mjs"),
      import("shiki/langs/python.mjs"),
      import("shiki/langs/json.mjs"),
      import("shiki/langs/ini.mjs"),
      import("shiki/langs/html.mjs"),
    ],
    // Four times as fast as the engine in plain JavaScript, on the way to a listening server.
    engine: await createOnigurumaEngine(import("shiki/wasm")),
  });
  return {
    highlight: (code, language) =>
      highlighter.codeToHast(code, {
        lang: LANGUAGES[language],
        themes: { light: "github-light-high-contrast", dark: "github-dark-default" },
        defaultColor: false,
      }),
    dispose: () => {
      highlighter.dispose();
    },
  };
}
