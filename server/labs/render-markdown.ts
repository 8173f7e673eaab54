import type { Element, ElementContent, Root as HtmlRoot } from "hast";
import type { Code, Image, Nodes, Root } from "mdast";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import rehypeStringify from "rehype-stringify";
import type { ContainerDirective } from "mdast-util-directive";
import remarkDirective from "remark-directive";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";
import { SKIP, visit } from "unist-util-visit";
import type { CatalogProblem } from "./catalog";
import { FENCE_LANGUAGES, isFenceLanguage, type Highlight } from "./highlighter";

export interface MarkdownSource {
  /** Named in problems. */
  readonly file: string;
  readonly text: string;
  /** Added to line numbers, for Markdown that stands inside another file. */
  readonly lineOffset?: number;
}

export interface RenderedMarkdown {
  readonly html: string;
  readonly problems: readonly CatalogProblem[];
}

export interface MarkdownContext {
  readonly highlight: Highlight;
  /** Address of the picture that authors call `assets/<name>`, or undefined when there is none. */
  readonly assetUrl: (name: string) => string | undefined;
}

const CALLOUTS = { note: "Note", tip: "Tip", warning: "Careful" } as const;

const SAFE = {
  ...defaultSchema,
  tagNames: [...(defaultSchema.tagNames ?? []), "aside", "figure", "figcaption"],
  attributes: {
    ...defaultSchema.attributes,
    aside: [["className", "callout", /^callout-(note|tip|warning)$/]],
    p: [["className", "callout-title"]],
    code: [["className", /^language-[a-z]+$/], "dataRun"],
    img: ["src", "alt", "title"],
    a: ["href", "title"],
  },
  protocols: { ...defaultSchema.protocols, href: ["http", "https", "mailto"], src: [] },
} as NonNullable<Parameters<typeof rehypeSanitize>[0]>;

/**
 * Renders an author's Markdown to HTML that is safe to put into a page: raw HTML is dropped, addresses are http, https or
 * mailto, pictures come from the lab's own `assets/`. Fences carry `data-lang`, those marked `run` also `data-run`.
 */
export function renderMarkdown(
  { file, text, lineOffset = 0 }: MarkdownSource,
  { highlight, assetUrl }: MarkdownContext,
): RenderedMarkdown {
  const problems: CatalogProblem[] = [];
  const report = (node: Nodes, reason: string): void => {
    const line = node.position?.start.line;
    problems.push({ file, line: line === undefined ? null : line + lineOffset, reason });
  };
  const processor = unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(remarkDirective)
    .use(() => (tree: Root) => {
      prepareDirectives(tree, { text, report });
      prepareFences(tree, report);
      prepareImages(tree, { assetUrl, report });
    })
    .use(remarkRehype)
    .use(rehypeSanitize, SAFE)
    .use(() => (tree: HtmlRoot) => {
      colourFences(tree, highlight);
      guardLinks(tree);
    })
    .use(rehypeStringify);
  return { html: String(processor.processSync(text)), problems };
}

type Report = (node: Nodes, reason: string) => void;

function prepareDirectives(
  tree: Root,
  { text, report }: { readonly text: string; readonly report: Report },
): void {
  visit(tree, ["textDirective", "leafDirective"], (node, index, parent) => {
    if (parent === undefined || index === undefined) return undefined;
    // `redis:alpine` in prose looks like a directive: it becomes the text that it was.
    const plain = {
      type: "text" as const,
      value: text.slice(node.position?.start.offset, node.position?.end.offset),
    };
    const restored =
      node.type === "textDirective" ? plain : { type: "paragraph" as const, children: [plain] };
    (parent as { children: Nodes[] }).children[index] = restored;
    return [SKIP, index + 1];
  });
  visit(tree, "containerDirective", (node: ContainerDirective) => {
    if (isCallout(node.name)) makeCallout(node, node.name);
    else report(node, `unknown callout :::${node.name}; there are ${Object.keys(CALLOUTS).join(", ")}`);
  });
}

/** `:::note[Title]` becomes an aside with a title. */
function makeCallout(node: ContainerDirective, name: keyof typeof CALLOUTS): void {
  node.data = { hName: "aside", hProperties: { className: ["callout", `callout-${name}`] } };
  const label = node.children[0];
  const hasLabel = label?.type === "paragraph" && label.data?.directiveLabel === true;
  node.children.splice(0, hasLabel ? 1 : 0, {
    type: "paragraph",
    data: { hProperties: { className: ["callout-title"] } },
    children: hasLabel ? label.children : [{ type: "text", value: CALLOUTS[name] }],
  });
}

function isCallout(name: string): name is keyof typeof CALLOUTS {
  return Object.hasOwn(CALLOUTS, name);
}

function prepareFences(tree: Root, report: Report): void {
  visit(tree, "code", (node: Code) => {
    const language = node.lang ?? "text";
    if (!isFenceLanguage(language)) {
      report(node, `unknown language ${language} of a fence; there are ${FENCE_LANGUAGES.join(", ")}`);
    }
    if (node.meta != null && node.meta !== "run") {
      report(node, `"${node.meta}" after a fence's language: only "run" is known`);
    }
    const isRun = node.meta === "run";
    node.lang = isFenceLanguage(language) ? language : "text";
    node.data = { ...node.data, ...(isRun && { hProperties: { dataRun: "" } }) };
  });
}

function prepareImages(
  tree: Root,
  { assetUrl, report }: { readonly assetUrl: MarkdownContext["assetUrl"]; readonly report: Report },
): void {
  visit(tree, "image", (node: Image) => {
    const name = /^assets\/([\w.-]+)$/.exec(node.url)?.[1];
    const url = name === undefined ? undefined : assetUrl(name);
    if (url === undefined) report(node, `picture ${node.url}: not a file in the lab's assets folder`);
    if ((node.alt ?? "").trim() === "")
      report(node, `picture ${node.url} says nothing to those who cannot see it`);
    node.url = url ?? "";
  });
}

/** Runs on sanitized HTML: what the highlighter adds is ours, not the author's. */
function colourFences(tree: HtmlRoot, highlight: Highlight): void {
  visit(tree, "element", (node, index, parent) => {
    const code = node.children[0];
    if (node.tagName !== "pre" || code?.type !== "element" || code.tagName !== "code") return undefined;
    const language = languageOf(code);
    const coloured = highlight(
      textOf(code).replace(/\n$/, ""),
      isFenceLanguage(language) ? language : "text",
    );
    const pre = coloured.children[0];
    if (pre?.type !== "element" || parent === undefined || index === undefined) return undefined;
    pre.properties["dataLang"] = language;
    if (code.properties["dataRun"] !== undefined) pre.properties["dataRun"] = "";
    parent.children[index] = pre;
    return [SKIP, index + 1];
  });
}

function languageOf(code: Element): string {
  const names = code.properties["className"];
  const name = Array.isArray(names)
    ? names.map(String).find((each) => each.startsWith("language-"))
    : undefined;
  return name?.slice("language-".length) ?? "text";
}

function textOf(node: ElementContent): string {
  if (node.type === "text") return node.value;
  return node.type === "element" ? node.children.map(textOf).join("") : "";
}

function guardLinks(tree: HtmlRoot): void {
  visit(tree, "element", (node) => {
    const href = node.properties["href"];
    if (node.tagName !== "a" || typeof href !== "string" || !/^https?:/i.test(href)) return;
    node.properties["target"] = "_blank";
    node.properties["rel"] = ["noopener", "noreferrer"];
  });
}
