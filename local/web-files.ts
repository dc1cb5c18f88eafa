import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, normalize } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import {
  cacheControlOf,
  contentTypeOf,
  isAtApiPath,
  webFileFor,
  webHeaders,
  webPolicy,
} from "../lambdas/functions/web-pages.ts";
import type { Neighbour } from "./http-server.ts";

const compressed = promisify(gzip);

/**
 * Serves the built web application, as CloudFront does for a deployment. `isOfApi` says which paths have routes of the API. Files are
 * read anew for each request, so that a build shows without a restart.
 */
export function webFiles(folder: string, storageOrigins: string[], isOfApi: (path: string) => boolean): Neighbour {
  const headers = { ...webHeaders, "content-security-policy": webPolicy(storageOrigins) };
  const wanted = ({ method = "GET", url = "/", headers }: IncomingMessage) => {
    const path = url.split("?", 1)[0]!;
    if (isOfApi(path) && !isAtApiPath(path)) return null;
    return webFileFor(method, path, headers.accept ?? "");
  };
  return {
    isFor: (request) => wanted(request) !== null,
    answer: (request, response) => void answer(folder, wanted(request)!, headers, request, response),
  };
}

async function answer(
  folder: string,
  file: string,
  headers: Record<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const type = contentTypeOf(file);
  const content = type === null || normalize(file) !== file ? null : await readOrNull(join(folder, file));
  if (type === null || content === null) {
    response.writeHead(404, { ...headers, "content-type": "text/plain" }).end("There is no such file.");
    return;
  }
  const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
  const always = { ...headers, etag, "cache-control": cacheControlOf(file), vary: "accept, accept-encoding" };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, always).end();
    return;
  }
  const zips = type !== "font/woff2" && /\bgzip\b/.test(String(request.headers["accept-encoding"]));
  const body = zips ? await compressed(content) : content;
  response.writeHead(200, {
    ...always,
    "content-type": type,
    "content-length": body.length,
    ...(zips ? { "content-encoding": "gzip" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR") return null;
    throw error;
  }
}
