import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { startFauxqs } from "fauxqs";
import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import { openDatabase } from "../../../lambdas/kernel/db/connection.ts";
import { sealingKeyOf } from "../../../contract/registry-login.ts";
import { findSealingKey } from "../../../lambdas/jobs/db/registry-logins.ts";
import { findWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { handler as migrate, type MigrateOrders } from "../../../lambdas/functions/events/migrate.ts";
import { handler as onDeploy } from "../../../lambdas/functions/events/on-deploy.ts";
import { hashToken } from "../../../lambdas/kernel/secrets.ts";
import { startAwsJson } from "../../support/aws-json.ts";
import { insideEnvironment } from "../../support/environment.ts";
import { testDatabase } from "../../support/postgres.ts";

const database = await testDatabase();
const owner = new URL(database.url);
const ownerSecret = { username: decodeURIComponent(owner.username), password: decodeURIComponent(owner.password) };
const secrets: Record<string, Record<string, string>> = {};

const tasks: { taskArn: string; stopped: boolean; ended: boolean }[] = [];

// Secrets Manager, ECS and Lambda's invoke are stood in for; what is invoked is the real thing on a real database.
const aws = await startAwsJson(async ({ operation, body }) => {
  if (operation === "GetSecretValue") return { SecretString: JSON.stringify(secrets[String(body["SecretId"])]) };
  if (operation === "PutSecretValue") {
    secrets[String(body["SecretId"])] = JSON.parse(String(body["SecretString"])) as Record<string, string>;
    return {};
  }
  if (operation === "ListTasks")
    return { taskArns: tasks.filter(({ stopped }) => !stopped).map(({ taskArn }) => taskArn) };
  if (operation === "StopTask") {
    for (const task of tasks) if (task.taskArn === body["task"]) task.stopped = true;
    return {};
  }
  if (operation === "DescribeTasks") {
    const described = tasks.filter(({ taskArn }) => (body["tasks"] as string[]).includes(taskArn));
    // One look later they have ended.
    const answer = described.map(({ taskArn, ended }) => ({ taskArn, lastStatus: ended ? "STOPPED" : "DEACTIVATING" }));
    for (const task of described) task.ended = task.stopped;
    return { tasks: answer };
  }
  assert.match(operation, /^\/2015-03-31\/functions\/migrate\/invocations/);
  return migrate(body as unknown as MigrateOrders);
});
const cloudFormation = await startAwsJson(() => ({}));
const sqs = await startFauxqs({ port: 0, logger: false });

const event = (type: "Create" | "Update" | "Delete") =>
  ({
    RequestType: type,
    ResponseURL: `${cloudFormation.url}/answer`,
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Database",
  }) as CloudFormationCustomResourceEvent;

beforeAll(() => {
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ENDPOINT_URL_ECS: aws.url,
    ECS_CLUSTER: "cluster",
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${sqs.port}`,
    ...insideEnvironment({
      DATABASE_URL: `postgresql://owner@${owner.host}${owner.pathname}`,
      DEFAULT_QUEUE: "deployed-default",
    }),
    MIGRATE_FUNCTION: "migrate",
    OWNER_SECRET: "owner",
    CREDENTIALS_SECRET: "credentials",
    ORGANIZER_QUEUE_PREFIX: "Deployed-queue-",
  });
});
beforeEach(() => {
  cloudFormation.calls.length = 0;
  aws.calls.length = 0;
  secrets["owner"] = ownerSecret;
});
afterAll(async () => {
  await sqs.stop();
  await aws.close();
  await cloudFormation.close();
  await database.drop();
});

const answered = () => cloudFormation.calls.map(({ body }) => body["Status"]);

describe("a deploy", () => {
  it("makes a token and a key for workers, has the database know them, and then keeps them where workers find them", async () => {
    secrets["credentials"] = { username: "admin", password: "made by CloudFormation" };
    await onDeploy(event("Create"));
    assert.deepEqual(answered(), ["SUCCESS"]);
    const { workerToken, loginKey, ...administrator } = secrets["credentials"];
    assert.deepEqual(administrator, { username: "admin", password: "made by CloudFormation" });
    const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
    try {
      assert.ok(await findWorkerToken(db, hashToken(workerToken!)));
      assert.equal(await findSealingKey(db), sealingKeyOf(loginKey!));
    } finally {
      await db.destroy();
    }
    const operations = aws.calls.map(({ operation }) => operation.split("/").at(-1));
    assert.deepEqual(operations, ["GetSecretValue", "GetSecretValue", "invocations", "PutSecretValue"]);
  });

  it("of an update leaves token and key as they are", async () => {
    const before = secrets["credentials"];
    await onDeploy(event("Update"));
    assert.deepEqual(answered(), ["SUCCESS"]);
    assert.deepEqual(secrets["credentials"], before);
  });

  it("that fails inside tells CloudFormation why, and no secret", async () => {
    secrets["owner"] = { ...ownerSecret, password: "not this one" };
    await onDeploy(event("Update"));
    assert.deepEqual(answered(), ["FAILED"]);
    const reason = String(cloudFormation.calls[0]!.body["Reason"]);
    assert.match(reason, /could not be brought up to date: password authentication failed/);
    assert.doesNotMatch(reason, /not this one/);
  });

  it("that fails before it gets inside tells CloudFormation as well", async () => {
    delete secrets["owner"];
    await onDeploy(event("Create"));
    assert.deepEqual(answered(), ["FAILED"]);
  });

  it("of a deletion takes organizers' queues along, and no others; what fails there keeps no stack", async () => {
    for (const name of ["Deployed-queue-1", "Deployed-queue-2", "Other-queue-1"])
      sqs.createQueue(name, { region: "eu-central-1" });
    await onDeploy(event("Delete"));
    const { QueueUrls = [] } = await new SQSClient({}).send(new ListQueuesCommand({}));
    assert.deepEqual(
      QueueUrls.map((url) => url.split("/").at(-1)),
      ["Other-queue-1"],
    );
    process.env["AWS_ENDPOINT_URL_SQS"] = "http://127.0.0.1:1";
    await onDeploy(event("Delete"));
    assert.deepEqual(answered(), ["SUCCESS", "SUCCESS"]);
  });

  it("of a deletion stops the tasks that run, and answers when they have ended", async () => {
    tasks.push(...["one", "two"].map((taskArn) => ({ taskArn, stopped: false, ended: false })));
    await onDeploy(event("Delete"));
    assert.deepEqual(answered(), ["SUCCESS"]);
    assert.deepEqual(
      tasks.map(({ stopped, ended }) => [stopped, ended]),
      [
        [true, true],
        [true, true],
      ],
    );
  });
});
