import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHighlighter, type Highlighter } from "./highlighter";
import { renderMarkdown } from "./render-markdown";

let highlighter: Highlighter;
beforeAll(async () => {
  highlighter = await createHighlighter();
});
afterAll(() => {
  highlighter.dispose();
});

const render = (text: string, lineOffset = 0) =>
  renderMarkdown(
    { file: "lab/steps/01-a.md", text, lineOffset },
    {
      highlight: highlighter.highlight,
      assetUrl: (name) => (name === "map.svg" ? "/api/labs/w/l/assets/map.svg?v=1" : undefined),
    },
  );

/** Everything that has ever run as script from Markdown or HTML; none of it may leave a way to. */
const ATTACKS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  "<svg><script>alert(1)</script></svg>",
  '<iframe src="javascript:alert(1)"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
  "<details open ontoggle=alert(1)>x</details>",
  "<input autofocus onfocus=alert(1)>",
  "<body onload=alert(1)>",
  '<form action="javascript:alert(1)"><button>x</button></form>',
  '<object data="javascript:alert(1)"></object>',
  '<embed src="javascript:alert(1)">',
  '<base href="//evil.example/">',
  '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
  '<link rel="stylesheet" href="//evil.example/a.css">',
  '<style>*{background:url("//evil.example")}</style>',
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](java\nscript:alert(1))",
  "[x](\u0001javascript:alert(1))",
  "[x](vbscript:msgbox(1))",
  "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
  "[x](file:///etc/passwd)",
  "<javascript:alert(1)>",
  "<data:text/html,<script>alert(1)</script>>",
  "![x](javascript:alert(1))",
  "![x](data:image/svg+xml;base64,PHN2Zy8+)",
  "![x](//evil.example/beacon.png)",
  "![x](https://evil.example/beacon.png)",
  "![x](assets/../../secret.svg)",
  "[x]: javascript:alert(1)\n\n[x]",
  ':::note{onclick="alert(1)" style="x" class="y"}\nhi\n:::',
  ":::note[<img src=x onerror=alert(1)>]\nhi\n:::",
  ':a[x]{href="javascript:alert(1)"}',
  '::iframe{src="javascript:alert(1)"}',
  ":::script\nalert(1)\n:::",
  '```sh run" onmouseover="alert(1)\nls\n```',
  '```sh"><script>alert(1)</script>\nls\n```',
  "```html\n<script>alert(1)</script>\n```",
  "`<script>alert(1)</script>`",
  "| a |\n|---|\n| <script>alert(1)</script> |",
  "[^1]\n\n[^1]: <script>alert(1)</script>",
  '<p id="constructor" name="__proto__">x</p>',
];

describe("hostile Markdown", () => {
  it.each(ATTACKS)("is harmless: %s", (attack) => {
    const { html } = render(attack);
    expect(html).not.toMatch(
      /<(script|iframe|object|embed|base|meta|link|style|svg|math|form|button|body|details)\b/i,
    );
    expect(html).not.toMatch(/<[^>]*\son[a-z]+\s*=/i);
    expect(html).not.toMatch(/<[^>]*(href|src)="\s*(?!#|\/api\/labs\/|https?:|mailto:|")/i);
    expect(html).not.toMatch(/<[^>]*src="(?!\/api\/labs\/|")/i);
  });
});

describe("fences", () => {
  it("marks those that are typed into the terminal, and names every language", () => {
    const { html, problems } = render("```sh run\ndocker run hello-world\n```\n\n```dockerfile\nFROM x\n```");
    expect(problems).toEqual([]);
    expect(html).toMatch(/<pre[^>]*data-lang="sh"[^>]*data-run=""/);
    expect(html).toMatch(/<pre[^>]*data-lang="dockerfile"/);
    expect(html.match(/data-run/g)).toHaveLength(1);
  });

  it("keeps the command's text exactly, whatever the colours", () => {
    const command = "docker run --rm -e A='<b>&amp;\"' busybox sh -c 'echo $A | cat'";
    const { html } = render(`\`\`\`sh run\n${command}\n\`\`\``);
    const text = html
      .replace(/<[^>]+>/g, "")
      .replace(/&#x3C;|&lt;/g, "<")
      .replace(/&quot;|&#x22;/g, '"')
      .replace(/&#x27;/g, "'")
      .replace(/&gt;/g, ">")
      .replace(/&#x26;|&amp;(?!amp)/g, "&");
    expect(text).toBe(command);
  });

  it("colours for two themes by variables", () => {
    const { html } = render("```python\nx = 'a'\n```");
    expect(html).toContain("--shiki-light");
    expect(html).toContain("--shiki-dark");
  });

  it("reports an unknown language and an unknown word, with the line", () => {
    const { problems } = render("hi\n\n```cobol\nx\n```\n\n```sh rnu\nls\n```");
    expect(problems.map((problem) => problem.line)).toEqual([3, 7]);
    expect(problems[0]?.reason).toContain("cobol");
    expect(problems[1]?.reason).toContain("rnu");
  });
});

describe("callouts", () => {
  it("have a class and a title", () => {
    const { html } = render(":::warning\nMind the gap.\n:::\n\n:::tip[Handy]\nYes.\n:::");
    expect(html).toContain('<aside class="callout callout-warning"><p class="callout-title">Careful</p>');
    expect(html).toContain('<p class="callout-title">Handy</p>');
  });

  it("of an unknown kind are a problem", () => {
    expect(render("a\n\n:::danger\nx\n:::").problems).toMatchObject([{ line: 3 }]);
  });

  it("are not mistaken for image names in prose", () => {
    const { html } = render("Use redis:alpine or python:3-slim at 10:30, nginx:alpine[x].");
    expect(html).toContain("redis:alpine or python:3-slim at 10:30, nginx:alpine[x].");
  });
});

describe("pictures and links", () => {
  it("come from the lab's own folder", () => {
    const { html, problems } = render("![The map](assets/map.svg)");
    expect(problems).toEqual([]);
    expect(html).toContain('src="/api/labs/w/l/assets/map.svg?v=1"');
  });

  it("are refused from elsewhere, when missing, and without a description", () => {
    const text = "![a](https://x.example/a.png)\n\n![b](assets/gone.svg)\n\n![](assets/map.svg)";
    expect(render(text, 10).problems.map(({ line }) => line)).toEqual([11, 13, 15]);
  });

  it("open elsewhere without handing this page over", () => {
    expect(render("[d](https://docs.docker.com/)").html).toContain(
      'target="_blank" rel="noopener noreferrer"',
    );
  });
});
