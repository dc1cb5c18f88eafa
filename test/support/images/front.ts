import { createServer, request as ask } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the front does with a request instead of passing it on. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Closes the connection after this many bytes of a blob. */
  | { cutAfter: number }
  /** Sends a blob with one byte changed. */
  | "corrupt"
  /** Sends a blob byte by byte and never completes it. */
  | "drip"
  /** Sends no answer until the connection closes or `letGo` closes it. */
  | "hang";

/**
 * A proxy between a worker and a real registry that behaves like Docker Hub: it redirects blobs to a storage host, which refuses
 * requests that carry the registry's token. It logs every request and produces the faults that a test asks for.
 */
export class Front {
  /** `METHOD path` of all requests to the registry, and `storage path` of all requests to the storage host. */
  readonly log: string[] = [];
  /** Faults by a part of the request's line in the log. Each fault applies to one request, in order. */
  readonly faults = new Map<string, Fault[]>();
  readonly #registry: string;
  readonly #storage: string;
  readonly #kept = new Set<ServerResponse>();
  #servers: Server[] = [];

  /** `registry` serves manifests and checks tokens. `storage` has the same images and serves blobs without tokens. */
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

  /** Host and port for image references. */
  get host(): string {
    return this.#hosts[0]!;
  }

  get #hosts(): string[] {
    return this.#servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Requests for layers and configurations that the storage host answered. */
  get blobs(): string[] {
    return this.log.filter((line) => line.startsWith("storage "));
  }

  /** Closes the connections that hang. */
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
    // The registry checks the token.
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
    // S3 refuses these too.
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
        // The earlier bytes have been sent by then.
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
