import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { setPlatformToken } from "../../../lambdas/jobs/db/workers.ts";
import { transact } from "../../../lambdas/kernel/context.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import type { LentCredentials } from "../../../worker-image/api-client.ts";
import { assertRefused } from "../../support/http.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";

describe("credentials that workers of organizers are lent", () => {
  let platform: TestPlatform;
  let ada: Person;
  /** Requests that the platform's STS got. */
  const asked: URLSearchParams[] = [];
  let isDown = false;
  let sts = "";
  const recorder = createServer((request, response) => {
    void text(request).then(async (body) => {
      asked.push(new URLSearchParams(body));
      if (isDown)
        return response
          .writeHead(400)
          .end(
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>secret words</Message></Error></ErrorResponse>",
          );
      return response.end(await (await fetch(sts, { method: "POST", body })).text());
    });
  });
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    await new Promise<void>((done) => recorder.listen(0, "127.0.0.1", done));
    sts = process.env.AWS_ENDPOINT_URL_STS!;
    process.env.AWS_ENDPOINT_URL_STS = `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`;
    ada = await platform.newPerson();
  });
  beforeEach(() => {
    asked.length = 0;
    isDown = false;
  });
  afterAll(async () => {
    recorder.closeAllConnections();
    recorder.close();
    await platform.close();
  });

  async function queueWithToken() {
    const { body: queue } = await platform.admin.send<{ id: string }>("POST", "/api/queues/", {
      json: { name: "a queue" },
    });
    const { body } = await platform.admin.send<{ id: string; token: string }>(
      "POST",
      `/api/queues/${queue.id}/tokens/`,
      {
        json: {},
      },
    );
    return { id: queue.id, name: `benchstack-queue-${queue.id}`, token: body.token, tokenId: body.id };
  }
  const lend = (token: string) =>
    platform.send<LentCredentials>("POST", "/api/worker-credentials/", {
      authorization: `Bearer ${token}`,
      content: { json: {} },
    });

  it("are for the queue of their token and nothing else, for an hour", async () => {
    const [own, other] = [await queueWithToken(), await queueWithToken()];
    for (const { name, token } of [own, other]) {
      asked.length = 0;
      const { status, body, text } = await lend(token);
      assert.equal(status, 200, text);
      assert.equal(body.queue, `${platform.url}/000000000000/${name}`);
      assert.ok(Math.abs(Date.parse(body.expires) - Date.now() - 3_600_000) < 600_000);
      const [request] = asked;
      assert.deepEqual(
        [request!.get("Action"), request!.get("RoleArn"), request!.get("DurationSeconds")],
        ["AssumeRole", process.env.QUEUE_ROLE_ARN, "3600"],
      );
      assert.deepEqual(JSON.parse(request!.get("Policy")!), {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            Resource: `arn:aws:sqs:us-east-1:000000000000:${name}`,
          },
        ],
      });
    }
  });

  it("hear the queue's doorbell", async () => {
    const { id, token } = await queueWithToken();
    await transact(platform.inside, (tx) =>
      createJobs(tx, [
        { queueId: id, kind: "submission", spec: { steps: [] }, priority: 0, ownerKey: "1", groupKey: "1" },
      ]),
    );
    const { region, queue, credentials } = (await lend(token)).body;
    const client = new SQSClient({ region, credentials, endpoint: new URL(queue).origin });
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: 20 }));
    assert.equal(Messages.length, 1);
  });

  it("read no other queue, write to none, and are not invented", async () => {
    const [own, other] = [await queueWithToken(), await queueWithToken()];
    const { region, queue, credentials } = (await lend(own.token)).body;
    const endpoint = new URL(queue).origin;
    const refused = { name: "AccessDeniedException" };
    const client = new SQSClient({ region, credentials, endpoint });
    await assert.rejects(client.send(new ReceiveMessageCommand({ QueueUrl: `${endpoint}/0/${other.name}` })), refused);
    await assert.rejects(client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: "{}" })), refused);
    const [content, signature] = credentials.sessionToken.split(".");
    const forged = Buffer.from(JSON.stringify({ queue: other.name, expires: Date.now() + 60_000 })).toString(
      "base64url",
    );
    for (const sessionToken of [`${forged}.${signature}`, `${content}.`, "none"]) {
      const stranger = new SQSClient({ region, credentials: { ...credentials, sessionToken }, endpoint });
      await assert.rejects(
        stranger.send(new ReceiveMessageCommand({ QueueUrl: `${endpoint}/0/${other.name}` })),
        refused,
      );
    }
  });

  it("are nobody's whose token is unknown or revoked, or none of a queue: BAD_TOKEN, NOT_A_WORKER, PLATFORM_WORKER", async () => {
    const { id, token, tokenId } = await queueWithToken();
    await platform.admin.send("DELETE", `/api/queues/${id}/tokens/${tokenId}/`);
    assertRefused(await lend(token), 401, "BAD_TOKEN", /unknown or was revoked/);
    assertRefused(await lend(newToken("bsw").token), 401, "BAD_TOKEN");
    assertRefused(await lend(ada.token), 403, "NOT_A_WORKER");
    const own = newToken("bsw");
    await setPlatformToken(platform.inside.db, own.hash);
    assertRefused(await lend(own.token), 403, "PLATFORM_WORKER");
    assert.equal(asked.length, 0, "STS is asked for none of them");
  });

  it("that cannot be made now are to be asked for again, and what went wrong is nobody's to read: UNAVAILABLE", async () => {
    const { token } = await queueWithToken();
    isDown = true;
    const answer = await lend(token);
    assertRefused(answer, 503, "UNAVAILABLE");
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.doesNotMatch(answer.text, /secret words/);
  });
});
