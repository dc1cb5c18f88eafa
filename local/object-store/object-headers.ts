import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { S3Error, invalidArgument, notImplemented } from "./errors.ts";
import type { ObjectInfo } from "./object-files.ts";
import { quoted } from "./requests.ts";

/** Selects the headers of an upload that are stored and sent with the object. Names are in lower case. */
export function keptHeaders(given: Iterable<[string, string | string[] | undefined]>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of given)
    if (/^(content-(type|disposition|language)|cache-control|expires|x-amz-meta-.+)$/.test(name))
      kept[name] = String(value);
    else if (name === "content-encoding") {
      const encoding = String(value)
        .split(/\s*,\s*/)
        .filter((part) => part !== "aws-chunked")
        .join(", ");
      if (encoding !== "") kept[name] = encoding;
    }
  kept["content-type"] ||= "binary/octet-stream";
  const text = Object.entries(kept).join("");
  if (!/^[\x20-\x7e\x80-\xff]*$/.test(text) || text.length > 8192)
    throw invalidArgument("The headers of the object are too long or contain invalid characters.");
  return kept;
}

/** Refuses unsupported headers, which would otherwise be ignored silently. */
export function refuseUnsupported(headers: IncomingHttpHeaders): void {
  const unsupported =
    /^(if-(none-)?match|x-amz-(tagging|acl|grant-.*|object-lock-.*|server-side-encryption.*|copy-source-.+))$/;
  const found = Object.keys(headers).find((name) => unsupported.test(name));
  if (found !== undefined) throw notImplemented(`the header ${found}`);
}

/** The response headers of an object. A signed URL can replace some of them with `response-...` parameters. */
export function objectHeaders(info: ObjectInfo, query: Map<string, string>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ...info.headers,
    "accept-ranges": "bytes",
    etag: quoted(info.etag),
    "last-modified": info.modified.toUTCString(),
  };
  for (const [name, value] of query)
    if (name.startsWith("response-")) {
      if (!/^[\x20-\x7e]*$/.test(value)) throw invalidArgument(`The parameter ${name} cannot be sent as a header.`);
      headers[name.slice("response-".length)] = value;
    }
  // An uploaded page must not act as the platform, which has the same host name and so the same origin in a browser.
  if (/html|xml/i.test(String(headers["content-type"]))) headers["content-security-policy"] = "sandbox allow-scripts";
  return headers;
}

/** Whether the reader has the current version of the object already. Throws 412 when If-Match names another version. */
export function isUnchanged(headers: IncomingHttpHeaders, { etag }: ObjectInfo): boolean {
  const names = (list: string) => list === "*" || list.split(/\s*,\s*/).includes(quoted(etag));
  if (headers["if-match"] !== undefined && !names(headers["if-match"]))
    throw new S3Error(412, "PreconditionFailed", "The object is not the one that If-Match names.");
  return headers["if-none-match"] !== undefined && names(headers["if-none-match"]);
}

/** The requested range; undefined for the whole object. S3 ignores ranges that it cannot parse. */
export function requestedRange(
  headers: IncomingHttpHeaders,
  { size, etag }: ObjectInfo,
): { start: number; end: number } | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "") ?? [];
  if (first === "" && (last === "" || size === 0)) return undefined;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (headers["if-range"] !== undefined && headers["if-range"] !== quoted(etag)) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (start >= size) throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable");
  return { start, end };
}
