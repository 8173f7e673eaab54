import type { IncomingMessage, ServerResponse } from "node:http";
import type { Catalog, LabAsset } from "./catalog";

/** Every picture's address begins with it: the front door hands such requests to `createAssetHandler`. */
export const ASSET_PREFIX = "/api/labs/";

const ADDRESS = /^\/api\/labs\/([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})\/assets\/([\w.-]{1,100})$/;

/**
 * Answers `GET /api/labs/<workshop>/<lab>/assets/<name>` from memory: no request is ever made into a path. Addresses in
 * lab pages carry the picture's hash, so that what is under them never changes and is kept for a year.
 */
export function createAssetHandler({ catalog }: { readonly catalog: Catalog }) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const [pathname = "", query = ""] = (request.url ?? "").split("?", 2);
    const asset = findAsset(catalog, pathname);
    if (asset === undefined) {
      refuse(response, 404, "No such picture.\n");
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuse(response, 405, "Pictures can only be read.\n");
      return;
    }
    const headers = headersOf(asset, new URLSearchParams(query).get("v"));
    if (request.headers["if-none-match"] === headers.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, "content-length": asset.bytes.length });
    response.end(request.method === "HEAD" ? undefined : asset.bytes);
  };
}

function findAsset(catalog: Catalog, pathname: string): LabAsset | undefined {
  const [, workshopId, labId, name] = ADDRESS.exec(pathname) ?? [];
  if (workshopId === undefined || labId === undefined) return undefined;
  return catalog.findLab(workshopId, labId)?.assets.find((each) => each.name === name);
}

function headersOf(asset: LabAsset, version: string | null) {
  const isPinned = version === asset.hash.slice(0, 16);
  return {
    "content-type": asset.contentType,
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": isPinned ? "public, max-age=31536000, immutable" : "no-cache",
    etag: `"${asset.hash.slice(0, 32)}"`,
  };
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(text);
}
