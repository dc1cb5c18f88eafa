import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

const action = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";

/** The one ECR API call that the worker makes. For everything else it uses the registry's protocol. */
export class EcrLogin {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts a server that returns this user and password, like ECR. */
  static async start({ user, password } = { user: "AWS", password: "of-ecr" }): Promise<EcrLogin> {
    const server = createServer((request, response) => {
      request.resume();
      const known = request.headers["x-amz-target"] === action;
      const authorizationToken = Buffer.from(`${user}:${password}`).toString("base64");
      const answer = known
        ? { authorizationData: [{ authorizationToken, expiresAt: Math.floor(Date.now() / 1000) + 12 * 3600 }] }
        : { __type: "UnknownOperationException" };
      response
        .writeHead(known ? 200 : 400, { "content-type": "application/x-amz-json-1.1" })
        .end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new EcrLogin(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
