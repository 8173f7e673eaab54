import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { normalizeReference } from "../../server/grading/image-reference";
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
});

describe("the search for images", () => {
  const namesIn = (text: string, file = "f"): string[] =>
    findNamedImages({
      setupScript: null,
      steps: [{ stepId: "s", html: "", solution: text, checks: [] }],
      setupFiles: [{ path: file, bytes: Buffer.from("") }],
    }).map(({ reference }) => reference);

  it.each([
    ["docker run hello-world", ["hello-world"]],
    ["docker run --detach --name web --publish 8080:80 nginx:alpine", ["nginx:alpine"]],
    ["docker run -it --rm -e A=1 -v data:/data python:3-slim python", ["python:3-slim"]],
    ["docker run --memory=32m busybox sh -c 'docker'", ["busybox"]],
    ["docker create --name x redis:7", ["redis:7"]],
    ["docker pull postgres:16", ["postgres:16"]],
    ["kubectl create deployment web --image nginx:1 --replicas 2", ["nginx:1"]],
    ["kubectl run ask --image=busybox --restart Never", ["busybox"]],
    ["FROM python:3-slim AS build\nFROM scratch", ["python:3-slim"]],
    ["FROM --platform=linux/amd64 golang:1", ["golang:1"]],
    ['    - image: "ghost:5"\n      image: caddy', ["ghost:5", "caddy"]],
    ["docker build --tag mine:1 .\ndocker run mine:1\nkubectl set image d/x x=mine:2", []],
    ["docker pull busybox\ndocker tag busybox toolbox:1\ndocker run toolbox:1", ["busybox"]],
    ["docker run --name web", []],
    ["echo nothing here", []],
  ])("in %j finds %j", (text, images) => {
    expect(namesIn(text)).toEqual(images);
  });

  it("reads what a page types into the terminal, and not its prose", () => {
    const html = `<p>Now <code>docker run ghost</code></p><pre><code><span>docker</span> run caddy</code></pre>`;
    const steps = [{ stepId: "s", html, solution: null, checks: [] }];
    const named = findNamedImages({ setupScript: null, setupFiles: [], steps });
    expect(named).toEqual([{ reference: "caddy", place: "the page of s" }]);
  });
});
