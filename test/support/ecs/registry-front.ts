import { createServer, request as send } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a registry answers instead of an image. */
export interface PullRefusal {
  status: number;
  /** As the OCI distribution specification has them. */
  code: string;
  message: string;
}

/** Stands before a registry and passes everything on, but what it refuses engines, which pull. Whoever pushes gets through. */
export class RegistryFront {
  refusal: PullRefusal | null = null;
  readonly #server: Server;

  private constructor(registry: string) {
    const [hostname, port] = registry.split(":");
    this.#server = createServer((request, response) => {
      if (this.refusal && request.headers["user-agent"]?.startsWith("docker/")) return this.#refuse(response, this.refusal);
      const { method, url, headers } = request;
      const passed = send({ hostname, port, method, path: url, headers }, (answer: IncomingMessage) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(passed);
    });
  }

  static async start(registry: string): Promise<RegistryFront> {
    const front = new RegistryFront(registry);
    await new Promise<void>((resolve) => front.#server.listen(0, "127.0.0.1", resolve));
    return front;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #refuse(response: ServerResponse, { status, code, message }: PullRefusal): void {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ errors: [{ code, message }] }));
  }
}
