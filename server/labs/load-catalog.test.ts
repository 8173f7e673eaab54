import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../tests/support/silent-logger";
import { createCatalog } from "./catalog";
import { loadCatalog } from "./load-catalog";
import { createAssetHandler } from "./serve-asset";

const WORKSHOP = `title: W\nsummary: s\naudience: a\nminutes: 60\nlabs:\n  - lab-one\n`;
const LAB = `title: Lab one
summary: s
minutes: 10
steps:
  - id: run-it
    title: Run it
    minutes: 5
    checks:
      - id: ran
        title: It ran
        kind: container
        image: hello-world
        hints:
          - when: absent
            say: Run it first.
    hints:
      - Try \`docker run\`.
`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>`;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "slipway-catalog-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
}

const GOOD = {
  "shop/workshop.yaml": WORKSHOP,
  "shop/lab-one/lab.yaml": LAB,
  "shop/lab-one/steps/01-run-it.md": "# Why\n\n![The map](assets/map.svg)\n",
  "shop/lab-one/solution/01-run-it.sh": "docker run hello-world\n",
  "shop/lab-one/assets/map.svg": SVG,
  "shop/lab-one/setup/home/app/app.py": "print(1)\n",
};

const load = () => loadCatalog({ folder, log: silentLogger() });

describe("a catalog", () => {
  it("holds what the files say", async () => {
    await write(GOOD);
    const { workshops, problems } = await load();
    expect(problems).toEqual([]);
    const lab = createCatalog(workshops).findLab("shop", "lab-one");
    expect(lab?.profile).toBe("docker");
    expect(lab?.steps[0]).toMatchObject({
      stepId: "run-it",
      solution: "docker run hello-world\n",
      sabotage: null,
    });
    expect(lab?.steps[0]?.checks[0]).toMatchObject({ kind: "container", state: "exists", waitSeconds: 0 });
    expect(lab?.setupFiles).toMatchObject([{ path: "app/app.py", mode: 0o644 }]);
    expect(lab?.steps[0]?.html).toMatch(/src="\/api\/labs\/shop\/lab-one\/assets\/map\.svg\?v=[0-9a-f]{16}"/);
  });

  it("gives a lab another hash when any of its files changes", async () => {
    await write(GOOD);
    const before = (await load()).workshops[0]?.labs[0]?.hash;
    expect((await load()).workshops[0]?.labs[0]?.hash).toBe(before);
    await write({ "shop/lab-one/solution/01-run-it.sh": "docker run  hello-world\n" });
    expect((await load()).workshops[0]?.labs[0]?.hash).not.toBe(before);
  });

  it("does not find a lab through another workshop", async () => {
    await write(GOOD);
    expect(createCatalog((await load()).workshops).findLab("other", "lab-one")).toBeUndefined();
  });

  it("keeps the good labs of a workshop with a broken one", async () => {
    await write({
      ...GOOD,
      "shop/workshop.yaml": `${WORKSHOP}  - lab-two\n`,
      "shop/lab-two/lab.yaml": "title: [\n",
    });
    const { workshops, problems } = await load();
    expect(workshops[0]?.labs.map((lab) => lab.labId)).toEqual(["lab-one"]);
    expect(problems[0]?.file).toBe("shop/lab-two/lab.yaml");
  });

  it("is empty, with a reason, when its folder does not exist", async () => {
    const { workshops, problems } = await loadCatalog({ folder: `${folder}/gone`, log: silentLogger() });
    expect(workshops).toEqual([]);
    expect(problems[0]?.reason).toContain("ENOENT");
  });
});

describe("what is wrong is said with its line", () => {
  const cases: { name: string; text: string; line: number; reason: RegExp }[] = [
    {
      name: "an unknown kind of check",
      text: LAB.replace("kind: container", "kind: teapot"),
      line: 11,
      reason: /kind/,
    },
    {
      name: "a profile that no sandbox has",
      text: LAB.replace("minutes: 10", "minutes: 10\nprofile: mainframe"),
      line: 4,
      reason: /profile: is not a profile: there are docker, kubernetes, kubernetes-multinode/,
    },
    {
      name: "a misspelt key",
      text: LAB.replace("hello-world", "hello-world\n        imagge: x"),
      line: 13,
      reason: /imagge/,
    },
    { name: "a missing title", text: LAB.replace("    title: Run it\n", ""), line: 5, reason: /title/ },
    { name: "a wrong type", text: LAB.replace("minutes: 5", "minutes: soon"), line: 7, reason: /minutes/ },
    {
      name: "a hint for what cannot happen",
      text: LAB.replace("when: absent", "when: wrong-status"),
      line: 14,
      reason: /when/,
    },
    {
      name: "a check that selects nothing",
      text: LAB.replace("        image: hello-world\n", ""),
      line: 11,
      reason: /name/,
    },
    {
      name: "a tab instead of spaces",
      text: LAB.replace("    title: Run it", "\ttitle: Run it"),
      line: 6,
      reason: /./,
    },
    {
      name: "a key twice",
      text: LAB.replace("minutes: 10", "minutes: 10\nminutes: 11"),
      line: 4,
      reason: /unique/i,
    },
    { name: "a step's id twice", text: LAB + LAB.slice(LAB.indexOf("  - id")), line: 18, reason: /taken/ },
  ];
  it.each(cases)("$name", async ({ text, line, reason }) => {
    await write({ ...GOOD, "shop/lab-one/lab.yaml": text });
    const { workshops, problems } = await load();
    expect(workshops).toEqual([]);
    expect(problems[0]).toMatchObject({ file: "shop/lab-one/lab.yaml", line });
    expect(problems[0]?.reason).toMatch(reason);
  });

  it("a page that is not there, and one that no step has", async () => {
    const { "shop/lab-one/steps/01-run-it.md": page, ...rest } = GOOD;
    await write({ ...rest, "shop/lab-one/steps/02-run-it.md": page });
    expect((await load()).problems.map(({ file, reason }) => `${file} ${reason}`)).toEqual(
      expect.arrayContaining([
        "shop/lab-one/steps/01-run-it.md is missing or empty",
        "shop/lab-one/steps/02-run-it.md belongs to no step of lab.yaml",
      ]),
    );
  });

  it("an alias bomb is refused instead of eaten", async () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ...["b", "c", "d", "e", "f", "g"].map((key, index) => {
        const before = "abcdef".charAt(index);
        return `${key}: &${key} [${Array.from({ length: 9 }, () => `*${before}`).join(",")}]`;
      }),
    ].join("\n");
    await write({ ...GOOD, "shop/lab-one/lab.yaml": bomb });
    expect((await load()).problems[0]?.reason).toMatch(/alias/i);
  });
});

describe("nothing outside the folder is read", () => {
  it("refuses links to files and to folders", async () => {
    await write(GOOD);
    await symlink("/etc/passwd", path.join(folder, "shop/lab-one/setup/home/passwd"));
    await symlink("/etc", path.join(folder, "shop/lab-one/setup/home/etc"));
    const { workshops, problems } = await load();
    expect(workshops).toEqual([]);
    expect(problems.filter(({ reason }) => reason.includes("symbolic link"))).toHaveLength(2);
  });

  it("refuses a lab whose folder is a link, and a name that climbs", async () => {
    await write({ "shop/workshop.yaml": WORKSHOP });
    await symlink("/etc", path.join(folder, "shop/lab-one"));
    expect((await load()).problems[0]?.reason).toContain("not a folder");
    await write({ "shop/workshop.yaml": WORKSHOP.replace("lab-one", "../../etc") });
    expect((await load()).problems[0]).toMatchObject({ line: 6 });
  });

  it("refuses huge files", async () => {
    await write({ ...GOOD, "shop/lab-one/setup/home/big.bin": "x".repeat(600 * 1024) });
    expect((await load()).problems[0]?.reason).toMatch(/bytes/);
  });

  it.each([
    `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
    `<svg onload="alert(1)"/>`,
    `<svg><a href="javascript:alert(1)"><text>x</text></a></svg>`,
    `<svg><image href="https://evil.example/x.png"/></svg>`,
    `<svg><foreignObject><p/></foreignObject></svg>`,
    `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>`,
    `<svg><style>@import url(//evil.example/a.css)</style></svg>`,
  ])("refuses the picture %s", async (svg) => {
    await write({ ...GOOD, "shop/lab-one/assets/map.svg": svg });
    expect((await load()).problems[0]?.file).toBe("shop/lab-one/assets/map.svg");
  });
});

describe("pictures over HTTP", () => {
  async function get(url: string, headers: Record<string, string> = {}) {
    const { workshops } = await load();
    let status = 0;
    let sent: Record<string, unknown> = {};
    let body: unknown;
    const response = {
      writeHead(code: number, fields: Record<string, unknown>) {
        status = code;
        sent = fields;
        return this;
      },
      end(bytes?: unknown) {
        body = bytes;
      },
    };
    createAssetHandler({ catalog: createCatalog(workshops) })(
      { url, method: "GET", headers } as unknown as IncomingMessage,
      response as unknown as ServerResponse,
    );
    return { status, headers: sent, body };
  }

  it("are served with a policy under which nothing runs, and remembered by hash", async () => {
    await write(GOOD);
    const answer = await get("/api/labs/shop/lab-one/assets/map.svg");
    expect(answer.status).toBe(200);
    expect(answer.headers["content-security-policy"]).toMatch(/default-src 'none'.*sandbox/);
    expect(answer.headers["content-type"]).toBe("image/svg+xml");
    expect(String(answer.body)).toBe(SVG);
    const again = await get("/api/labs/shop/lab-one/assets/map.svg", {
      "if-none-match": String(answer.headers["etag"]),
    });
    expect(again.status).toBe(304);
  });

  it.each([
    "/api/labs/shop/lab-one/assets/../lab.yaml",
    "/api/labs/shop/lab-one/assets/..%2flab.yaml",
    "/api/labs/shop/lab-one/lab.yaml",
    "/api/labs/shop/../shop/lab-one/assets/map.svg",
    "/api/labs/shop/lab-one/assets/",
    "/api/labs/shop/other/assets/map.svg",
    "//",
  ])("are the only thing there: %s", async (url) => {
    await write(GOOD);
    expect((await get(url)).status).toBe(404);
  });
});
