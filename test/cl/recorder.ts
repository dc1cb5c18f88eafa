/** A proxy that passes requests on to the platform and writes down their shapes. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  /** For instance `POST /rest/worksheets`, with `U` in the place of a uuid. */
  request: string;
  status: number;
  /** The paths of all keys of what was sent and answered, for instance `data[].attributes.uuid`. */
  sent: Set<string>;
  answered: Set<string>;
}

/** The paths of all keys of a JSON value. */
export function keysOf(value: unknown, path = "", keys = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) keysOf(item, `${path}[]`, keys);
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) {
      const key = path === "" ? name : `${path}.${name}`;
      keys.add(key);
      keysOf(inner, key, keys);
    }
  return keys;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

export interface Recorder {
  url: string;
  /** What was asked since the last call. */
  take(): Seen[];
  close(): Promise<void>;
}

export async function startRecorder(platformUrl: string): Promise<Recorder> {
  let seen: Seen[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const body = Buffer.concat(pieces);
      const { host: _host, connection: _connection, "transfer-encoding": _encoding, ...headers } = request.headers;
      // The first line of an upload has a whole address.
      const url = (request.url ?? "/").replace(/^http:\/\/[^/]+/, "");
      const answer = await fetch(platformUrl + url, {
        method: request.method ?? "GET",
        headers: headers as Record<string, string>,
        redirect: "manual",
        ...(body.length > 0 ? { body } : {}),
      });
      const text = await answer.text();
      const path = url.split("?")[0]!.replace(/0x[0-9a-f]{32}/g, "U");
      seen.push({
        request: `${request.method} ${path}`,
        status: answer.status,
        sent: keysOf(parse(body.toString("utf8"))),
        answered: keysOf(parse(text)),
      });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
      response.end(text);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    take: () => {
      const taken = seen;
      seen = [];
      return taken;
    },
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
