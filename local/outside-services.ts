import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { handler as accountsHandler } from "../lambdas/functions/api/accounts.ts";
import { handler as workerHandler } from "../lambdas/functions/api/worker.ts";
import { handler as outgoingMailHandler, type MailOrders } from "../lambdas/functions/events/outgoing-mail.ts";
import { listen } from "../gateway/listen.ts";

interface OutsideServices {
  url: string;
  /** Names of the functions that can be invoked. */
  workerFunction: string;
  outgoingMailFunction: string;
  accountsFunction: string;
  close(): Promise<void>;
}

/**
 * Starts the AWS services that functions outside the VPC call: Lambda, to invoke functions inside the VPC, STS, to assume the
 * role for a queue, and Secrets Manager, which has one secret. `lendQueue` makes the session token of the credentials.
 */
export async function startOutsideServices(
  lendQueue: (lent: { queue: string; expires: number }) => string,
  secret: { name: string; value: string },
): Promise<OutsideServices> {
  const workerFunction = "benchstack-worker-api";
  const outgoingMailFunction = "benchstack-outgoing-mail";
  const accountsFunction = "benchstack-accounts-api";
  const functions: Record<string, (event: unknown) => Promise<unknown>> = {
    [workerFunction]: (event) => workerHandler(event as APIGatewayProxyEventV2, {} as Context),
    [accountsFunction]: (event) => accountsHandler(event as APIGatewayProxyEventV2, {} as Context),
    [outgoingMailFunction]: (event) => outgoingMailHandler(event as MailOrders),
  };
  const server = createServer((request, response) => {
    const answer = async () => {
      const body = await text(request);
      const [, name] = /^\/2015-03-31\/functions\/([\w-]+)\//.exec(request.url ?? "") ?? [];
      const invoked = functions[name ?? ""];
      if (invoked) return JSON.stringify(await invoked(JSON.parse(body)));
      if (request.headers["x-amz-target"] === "secretsmanager.GetSecretValue") {
        if ((JSON.parse(body) as { SecretId?: unknown }).SecretId !== secret.name) throw new Error("no such secret");
        return JSON.stringify({ Name: secret.name, SecretString: secret.value });
      }
      const form = new URLSearchParams(body);
      if (form.get("Action") === "AssumeRole") return assumedRole(form, lendQueue);
      throw new Error(`${request.url} is not supported`);
    };
    answer().then(
      (content) => response.end(content),
      () => response.writeHead(500).end(),
    );
  });
  const port = await listen(server, 0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}`,
    workerFunction,
    outgoingMailFunction,
    accountsFunction,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function assumedRole(form: URLSearchParams, lendQueue: (lent: { queue: string; expires: number }) => string): string {
  const policy = JSON.parse(form.get("Policy")!) as { Statement: [{ Resource: string }] };
  const queue = policy.Statement[0].Resource.split(":").at(-1)!;
  const expires = Date.now() + Number(form.get("DurationSeconds")) * 1000;
  return `
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <Credentials>
      <AccessKeyId>local-${randomBytes(8).toString("hex")}</AccessKeyId>
      <SecretAccessKey>${randomBytes(30).toString("base64url")}</SecretAccessKey>
      <SessionToken>${lendQueue({ queue, expires })}</SessionToken>
      <Expiration>${new Date(expires).toISOString()}</Expiration>
    </Credentials>
  </AssumeRoleResult>
</AssumeRoleResponse>`;
}
