import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { normalizeReference } from "../../server/grading/image-reference";
import { checkSchema, type Check } from "../../server/labs/check";
import { loadCatalog } from "../../server/labs/load-catalog";
import { classImages, findNamedImages } from "../support/lab-images";
import { silentLogger } from "../support/silent-logger";

const ROOT = path.resolve(import.meta.dirname, "../..");
const { workshops } = await loadCatalog({ folder: path.join(ROOT, "labs"), log: silentLogger() });
const given = classImages(await readFile(path.join(ROOT, "sandbox-images/class/images.yaml"), "utf8"));

/** What needs no registry fails here, not in front of an attendee. */
describe.each(workshops.flatMap(({ labs }) => labs))("lab $labId", (lab) => {
  it("names no image that the class registry cannot give", () => {
    const missing = findNamedImages(lab).filter(({ reference }) => !given.has(normalizeReference(reference)));
    expect(missing).toEqual([]);
  });

  it("calls no image absent that the class registry gives", () => {
    expect(lab.absentImages.filter((reference) => given.has(normalizeReference(reference)))).toEqual([]);
  });
});

describe("the search for images", () => {
  const step = { stepId: "s", html: "", hints: [], solution: null, sabotage: null, checks: [] };
  const lab = { setupScript: null, absentImages: [], steps: [step], setupFiles: [] };
  const namesIn = (solution: string): string[] =>
    findNamedImages({ ...lab, steps: [{ ...step, solution }] }).map(({ reference }) => reference);

  it.each([
    ["docker run hello-world", ["hello-world"]],
    ["docker run --detach --name web --publish 8080:80 nginx:alpine", ["nginx:alpine"]],
    ["docker run -it --rm -e A=1 -v data:/data python:3-slim python", ["python:3-slim"]],
    ["docker run -dit -p8080:80 -Pe 'A=b c' caddy caddy run", ["caddy"]],
    ["docker run \\\n  --detach \\\n  ghost:5", ["ghost:5"]],
    ["docker run --memory=32m busybox sh -c 'docker'", ["busybox"]],
    ["docker create --name x redis:7", ["redis:7"]],
    ["if ! sudo docker container run -- redis:6; then docker run redis:5 | cat; fi", ["redis:6", "redis:5"]],
    ["docker pull --quiet postgres:16 && docker image pull postgres:15", ["postgres:16", "postgres:15"]],
    ["kubectl create deployment web --image nginx:1 --replicas 2", ["nginx:1"]],
    ["kubectl run ask --image=busybox --restart Never", ["busybox"]],
    ["k -n shop set image deployment/x a=caddy:1 b=ghost:5 --record=true", ["caddy:1", "ghost:5"]],
    ["FROM python:3-slim AS build\nFROM scratch", ["python:3-slim"]],
    ["FROM --platform=linux/amd64 golang:1", ["golang:1"]],
    ['    - image: "ghost:5"\n      image: caddy', ["ghost:5", "caddy"]],
    ["docker build --tag mine:1 .\ndocker run mine:1\nkubectl set image d/x x=mine:2", ["mine:2"]],
    ["docker buildx build -t mine:1 . && docker run mine:1", []],
    ["docker pull busybox\ndocker tag busybox toolbox:1\ndocker run toolbox:1", ["busybox"]],
    ["docker commit box toolbox:2; docker run toolbox:2", []],
    ["services:\n  web:\n    build: .\n    image: visits:1\n  db:\n    image: redis:7", ["redis:7"]],
    ["docker run --name web", []],
    ["docker run registry/$name:${tag}", []],
    ["docker ps --format '{{.Names}}'; docker exec redis redis-cli", []],
    ["echo nothing here", []],
  ])("in %j finds %j", (text, images) => {
    expect(namesIn(text)).toEqual(images);
  });

  it("fails on an option that it cannot tell from its value, and says where", () => {
    expect(() => namesIn("docker run -dX busybox")).toThrow(
      "the solution of s: docker run has no option -X, in -dX",
    );
  });

  it("reads what pages and hints show as code, and not their prose", () => {
    const html = `<p>docker pull prose. Now <code>docker run ghost</code></p><pre><code><span>docker</span> run caddy</code></pre>`;
    const hints = ["<p><code>docker run -e &quot;A=1&quot; redis:7</code></p>"];
    expect(findNamedImages({ ...lab, steps: [{ ...step, html, hints }] })).toEqual([
      { reference: "ghost", place: "the page of s" },
      { reference: "caddy", place: "the page of s" },
      { reference: "redis:7", place: "the hints of s" },
    ]);
  });

  it("reads sabotage, set-up, files and checks", () => {
    const checks: Check[] = [
      checkSchema.parse({ id: "a", title: "t", kind: "image", reference: "caddy:1" }),
      checkSchema.parse({ id: "b", title: "t", kind: "command", run: "docker run caddy:2", expected: "it" }),
      checkSchema.parse({
        ...{ id: "c", title: "t", kind: "kubernetes", apiVersion: "v1", objectKind: "Pod", name: "p" },
        fields: [{ path: "spec.containers[0].image", oneOf: ["caddy:3", "caddy:4"] }],
      }),
    ];
    const named = findNamedImages({
      ...lab,
      steps: [{ ...step, sabotage: "docker pull caddy:5", checks }],
      setupScript: "docker pull caddy:6",
      setupFiles: [{ path: "Dockerfile", bytes: Buffer.from("FROM caddy:7") }],
    });
    expect(named.map(({ reference, place }) => `${reference} in ${place}`)).toEqual([
      "caddy:5 in the sabotage of s",
      "caddy:1 in the checks of s",
      "caddy:3 in the checks of s",
      "caddy:4 in the checks of s",
      "caddy:2 in the checks of s",
      "caddy:7 in Dockerfile",
      "caddy:6 in the setup script",
    ]);
  });

  it("leaves out what a lab says that nobody gives", () => {
    const steps = [{ ...step, solution: "docker pull caddy:oops" }];
    expect(findNamedImages({ ...lab, steps, absentImages: ["caddy:oops"] })).toEqual([]);
  });
});
