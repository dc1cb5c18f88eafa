import { execFile } from "node:child_process";
import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../files.ts";

const execute = promisify(execFile);
const issuer = "benchstack-test";
const service = "test-registry";

/**
 * Gives tokens to everybody, like Docker Hub's token server, for a registry that verifies them. Nobody gets access to
 * repositories below `private/`.
 */
export class TokenServer {
  /** The section of a registry's configuration that makes it require these tokens. */
  readonly auth: object;
  /** Requested scopes, in order. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #remove: () => Promise<void>;

  private constructor(server: Server, certificate: string, remove: () => Promise<void>) {
    this.#server = server;
    this.#remove = remove;
    const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
    this.auth = { token: { realm, service, issuer, rootcertbundle: certificate } };
  }

  static async start(): Promise<TokenServer> {
    const folder = await temporaryFolder();
    const [keyFile, certificateFile] = [join(folder.path, "key.pem"), join(folder.path, "certificate.pem")];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    await execute("openssl", [
      "req",
      "-x509",
      ...newKey,
      "-subj",
      "/CN=tokens",
      "-keyout",
      keyFile,
      "-out",
      certificateFile,
    ]);
    const key = createPrivateKey(await readFile(keyFile));
    const chain = new X509Certificate(await readFile(certificateFile)).raw.toString("base64");
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://tokens");
      const scope = searchParams.get("scope") ?? "";
      tokens.asked.push(scope);
      const [, name = ""] = /^repository:(.+):/.exec(scope) ?? [];
      const access = name.startsWith("private/") ? [] : [{ type: "repository", name, actions: ["pull"] }];
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        sub: "",
        aud: searchParams.get("service"),
        exp: now + 300,
        nbf: now - 10,
        iat: now,
        jti: randomUUID(),
        access,
      };
      const signed = [{ typ: "JWT", alg: "ES256", x5c: [chain] }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ token: `${signed}.${signature}` }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const tokens = new TokenServer(server, certificateFile, folder.remove);
    return tokens;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#remove();
  }
}
