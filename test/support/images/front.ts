import { createServer, request as ask } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the front does with a request instead of passing it on; several are for as many requests, first to last. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Ends the connection after so many bytes of a blob. */
  | { cutAfter: number }
  /** Sends a blob with one byte changed. */
  | "corrupt"
  /** Sends a blob byte by byte, and never all of it. */
  | "drip"
  /** Keeps the answer to itself until the connection ends, or `letGo` ends it. */
  | "hang";

/**
 * Stands between a worker and a real registry, as what Docker Hub has in front of its own: blobs are redirected to a storage
 * host, which refuses whoever shows it the registry's token. Notes every request, and makes faults where a test says so.
 */
export class Front {
  /** `METHOD path` of all that came to the registry's name, and `storage path` for the storage host. */
  readonly log: string[] = [];
  /** Faults by a part of the request's line in the log. */
  readonly faults = new Map<string, Fault[]>();
  readonly #registry: string;
  readonly #storage: string;
  readonly #kept = new Set<ServerResponse>();
  #servers: Server[] = [];

  /** `registry` answers for manifests and rights; `storage` has the same images and is asked for blobs without any. */
  private constructor(registry: string, storage: string) {
    this.#registry = registry;
    this.#storage = storage;
  }

  static async start({ registry, storage }: { registry: string; storage: string }): Promise<Front> {
    const front = new Front(registry, storage);
    front.#servers = [
      createServer((request, response) => front.#answer(request, response)),
      createServer((request, response) => front.#store(request, response)),
    ];
    for (const server of front.#servers) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return front;
  }

  /** Host and port, for image references. */
  get host(): string {
    return this.#hosts[0]!;
  }

  get #hosts(): string[] {
    return this.#servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Requests for layers and configurations that storage answered. */
  get blobs(): string[] {
    return this.log.filter((line) => line.startsWith("storage "));
  }

  /** Ends the connections that hang. */
  letGo(): void {
    for (const response of this.#kept) response.destroy();
    this.#kept.clear();
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #fault(line: string): Fault | undefined {
    this.log.push(line);
    for (const [part, faults] of this.faults) if (line.includes(part)) return faults.shift();
    return undefined;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.#fault(`${request.method} ${request.url}`);
    if (fault === "hang") return void this.#kept.add(response);
    if (typeof fault === "object" && "status" in fault)
      return void response.writeHead(fault.status, fault.headers).end(fault.body);
    const isBlob = /\/blobs\/sha256:/.test(request.url ?? "");
    // Whether the token is good is the registry's to say.
    this.#pass(request, this.#registry, isBlob ? "HEAD" : String(request.method), (answer) => {
      if (!isBlob || (answer.statusCode ?? 0) >= 300)
        return void answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
      answer.resume();
      response.writeHead(307, { location: `http://${this.#hosts[1]}${request.url}?X-Amz-Signature=1` }).end();
    });
  }

  #store(request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range === undefined ? "" : ` ${request.headers.range}`;
    const fault = this.#fault(`storage ${request.url?.split("?")[0]}${range}`);
    // As S3 does.
    if (request.headers.authorization !== undefined)
      return void response.writeHead(400).end("Only one auth mechanism allowed");
    if (fault === "hang") return void this.#kept.add(response);
    if (typeof fault === "object" && "status" in fault)
      return void response.writeHead(fault.status, fault.headers).end(fault.body);
    if (fault === "drip") return drip(response);
    this.#pass(request, this.#storage, "GET", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      let left = typeof fault === "object" ? fault.cutAfter : Infinity;
      answer.on("data", (chunk: Buffer) => {
        if (fault === "corrupt") chunk[0]! ^= 1;
        const piece = chunk.subarray(0, Math.max(0, left));
        left -= chunk.length;
        // What was written before is on its way by then.
        response.write(piece, () => left <= 0 && response.destroy());
      });
      answer.on("end", () => left > 0 && response.end());
    });
  }

  #pass(request: IncomingMessage, to: string, method: string, done: (answer: IncomingMessage) => void): void {
    const { host: _, ...headers } = request.headers;
    ask(`http://${to}${request.url}`, { method, headers }, done).end();
  }
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write("x"), 20);
  response.on("close", () => clearInterval(timer));
}
