import { createServer, request as send } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An error that a registry returns instead of an image. */
export interface PullRefusal {
  status: number;
  /** An error code of the OCI distribution specification. */
  code: string;
  message: string;
}

/**
 * A proxy in front of a registry. It can refuse pulls by engines; pushes always pass. It can also make the registry lose the next
 * image that an engine requests, just before the pull.
 */
export class RegistryFront {
  refusal: PullRefusal | null = null;
  losesNext = false;
  readonly #server: Server;

  private constructor(registry: string) {
    this.#server = createServer((request, response) => void this.#serve(registry, request, response));
  }

  async #serve(registry: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [hostname, port] = registry.split(":");
    const { method, url = "", headers } = request;
    if (headers["user-agent"]?.startsWith("docker/")) {
      if (this.refusal) return this.#refuse(response, this.refusal);
      if (this.losesNext && url.includes("/manifests/sha256:")) {
        this.losesNext = false;
        await fetch(`http://${registry}${url}`, { method: "DELETE" });
      }
    }
    const passed = send({ hostname, port, method, path: url, headers }, (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
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
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(JSON.stringify({ errors: [{ code, message }] }));
  }
}
