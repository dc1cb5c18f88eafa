import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { handler as workerHandler } from "../../lambdas/api/worker.ts";

/**
 * The two services of AWS that functions outside the VPC call: Lambda, to invoke a function inside, and STS, to assume a
 * role. What it lends opens what is open anyway: the embedded queues listen on this machine only, and ask nobody for a
 * signature.
 */
export async function startOutsideServices(): Promise<{ url: string; workerFunction: string; close(): Promise<void> }> {
  const workerFunction = "benchstack-worker-api";
  const server = createServer((request, response) => {
    const answer = async () => {
      const body = await text(request);
      if (request.url?.startsWith(`/2015-03-31/functions/${workerFunction}/`))
        return JSON.stringify(await workerHandler(JSON.parse(body) as APIGatewayProxyEventV2, {} as Context));
      const form = new URLSearchParams(body);
      if (form.get("Action") === "AssumeRole") return assumedRole(form);
      throw new Error(`there is no ${request.url}`);
    };
    answer().then(
      (content) => response.end(content),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    workerFunction,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const assumedRole = (form: URLSearchParams) => `
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <Credentials>
      <AccessKeyId>local-${randomBytes(8).toString("hex")}</AccessKeyId>
      <SecretAccessKey>${randomBytes(30).toString("base64url")}</SecretAccessKey>
      <SessionToken>${randomBytes(30).toString("base64url")}</SessionToken>
      <Expiration>${new Date(Date.now() + Number(form.get("DurationSeconds")) * 1000).toISOString()}</Expiration>
    </Credentials>
  </AssumeRoleResult>
</AssumeRoleResponse>`;
