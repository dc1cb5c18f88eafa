import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { startFauxqs } from "fauxqs";
import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import { openDatabase } from "../../../lambdas/kernel/db/connection.ts";
import { sealingKeyOf } from "../../../contract/registry-login.ts";
import { offeredProfiles } from "../../../lambdas/jobs/db/capacity-profiles.ts";
import { findUserByToken } from "../../../lambdas/accounts/db/tokens.ts";
import { findSealingKey } from "../../../lambdas/jobs/db/registry-logins.ts";
import { findWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { handler as migrate, type MigrateOrders } from "../../../lambdas/functions/events/migrate.ts";
import { handler as endHosts } from "../../../lambdas/functions/events/end-hosts.ts";
import { handler as finishDeploy } from "../../../lambdas/functions/events/finish-deploy.ts";
import { handler as onDeploy } from "../../../lambdas/functions/events/on-deploy.ts";
import { hashToken } from "../../../lambdas/kernel/secrets.ts";
import { AwsError, startAwsJson } from "../../support/aws-json.ts";
import { insideEnvironment } from "../../support/environment.ts";
import { testDatabase } from "../../support/postgres.ts";

const database = await testDatabase();
const owner = new URL(database.url);
const ownerSecret = { username: decodeURIComponent(owner.username), password: decodeURIComponent(owner.password) };
const secrets: Record<string, Record<string, string>> = {};

const tasks: { taskArn: string; stopped: boolean; ended: boolean }[] = [];

/** An Auto Scaling group, whose hosts wait for their lifecycle hook before they end. */
const group = { size: 0, hosts: 0, hooks: [] as string[] };

/** How often the database still answers that it is being backed up. */
let backups = 0;

/** The budgets of the account in USD by their names; null in an account that may not have any. */
let budgets: Map<string, string> | null = new Map();
const allowed = () => {
  if (!budgets) throw new AwsError("AccessDeniedException", "Account 000000000000 is a linked account.");
  return budgets;
};

// Secrets Manager, ECS, RDS, Auto Scaling, Budgets and Lambda's invoke are stood in for; what is invoked is the real thing on a real database.
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
  if (operation === "ModifyDBInstance") {
    if (backups-- > 0) throw new AwsError("InvalidDBInstanceState", "The instance is being backed up.");
    return "";
  }
  if (operation === "DescribeLifecycleHooks")
    return `<LifecycleHooks>${group.hooks.map((name) => `<member><LifecycleHookName>${name}</LifecycleHookName></member>`).join("")}</LifecycleHooks>`;
  if (operation === "DeleteLifecycleHook") {
    group.hooks = group.hooks.filter((name) => name !== body["LifecycleHookName"]);
    return "";
  }
  if (operation === "UpdateAutoScalingGroup") {
    assert.deepEqual([body["AutoScalingGroupName"], body["MinSize"], body["MaxSize"]], ["hosts-1", "0", "0"]);
    group.size = Number(body["DesiredCapacity"]);
    return "";
  }
  if (operation === "DescribeAutoScalingGroups") {
    const members = Array.from({ length: group.hosts }, () => "<member><InstanceId>i-1</InstanceId></member>").join("");
    // One look later they have ended.
    if (group.hooks.length === 0) group.hosts = group.size;
    return `<AutoScalingGroups><member><Instances>${members}</Instances></member></AutoScalingGroups>`;
  }
  if (operation === "CreateBudget") {
    const { Budget } = body as { Budget: { BudgetName: string; BudgetLimit: { Amount: string } } };
    if (allowed().has(Budget.BudgetName)) throw new AwsError("DuplicateRecordException", "There is one.");
    allowed().set(Budget.BudgetName, Budget.BudgetLimit.Amount);
    return {};
  }
  if (operation === "UpdateBudget") {
    const { NewBudget } = body as { NewBudget: { BudgetName: string; BudgetLimit: { Amount: string } } };
    allowed().set(NewBudget.BudgetName, NewBudget.BudgetLimit.Amount);
    return {};
  }
  if (operation === "DeleteBudget") {
    if (!allowed().delete(String(body["BudgetName"]))) throw new AwsError("NotFoundException", "There is none.");
    return {};
  }
  assert.match(operation, /^\/2015-03-31\/functions\/migrate\/invocations/);
  return migrate(body as unknown as MigrateOrders);
});
const cloudFormation = await startAwsJson(() => ({}));
const sqs = await startFauxqs({ port: 0, logger: false });

const profiles = { standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true, users: null } };
const event = (type: "Create" | "Update" | "Delete", properties = {}) =>
  ({
    RequestType: type,
    ResponseURL: `${cloudFormation.url}/answer`,
    StackId: "arn:aws:cloudformation:eu-central-1:000000000000:stack/Benchstack/1",
    RequestId: "request",
    LogicalResourceId: "Resource",
    ResourceProperties: { ServiceToken: "function", profiles: JSON.stringify(profiles), ...properties },
  }) as unknown as CloudFormationCustomResourceEvent;
const finishing = (type: "Create" | "Update" | "Delete", properties = {}) =>
  event(type, {
    budgetName: "Benchstack-budget",
    budgetTopic: "arn:aws:sns:eu-central-1:000000000000:topic",
    ...properties,
  });

beforeAll(() => {
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ENDPOINT_URL_ECS: aws.url,
    AWS_ENDPOINT_URL_RDS: aws.url,
    AWS_ENDPOINT_URL_AUTO_SCALING: aws.url,
    AWS_ENDPOINT_URL_BUDGETS: aws.url,
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

/** What became of the budget, as the last answer says. */
const sentence = () => (cloudFormation.calls.at(-1)!.body["Data"] as { budget: string }).budget;
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
      assert.deepEqual(await offeredProfiles(db), profiles);
    } finally {
      await db.destroy();
    }
    const operations = aws.calls.map(({ operation }) => operation.split("/").at(-1));
    assert.deepEqual(operations, ["GetSecretValue", "GetSecretValue", "invocations", "PutSecretValue"]);
  });

  it("with a canary lets it in by its token, whose hash is all that goes inside, and without one no longer (W-144)", async () => {
    const token = "a".repeat(43);
    secrets["canary"] = { token };
    const userOf = async () => {
      const db = openDatabase({ connectionString: database.url, maxConnections: 1 });
      const lifetime = { slidingDays: 1, maxDays: 1 };
      try {
        return await findUserByToken(db, hashToken(token), "token", lifetime);
      } finally {
        await db.destroy();
      }
    };
    process.env["CANARY_SECRET"] = "canary";
    await onDeploy(event("Update"));
    delete process.env["CANARY_SECRET"];
    assert.deepEqual(answered(), ["SUCCESS"]);
    assert.equal((await userOf())?.username, "benchstack-canary");
    assert.ok(!JSON.stringify(aws.calls.filter(({ operation }) => operation.endsWith("invocations"))).includes(token));
    await onDeploy(event("Update"));
    assert.equal(await userOf(), undefined);
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

describe("the hosts of a capacity provider", () => {
  const hosts = (type: "Create" | "Update" | "Delete") => event(type, { group: "hosts-1" });

  it("are left alone by a deploy", async () => {
    Object.assign(group, { size: 2, hosts: 2, hooks: ["ecs-managed-draining-termination-hook"] });
    await endHosts(hosts("Create"));
    await endHosts(hosts("Update"));
    assert.deepEqual(answered(), ["SUCCESS", "SUCCESS"]);
    assert.equal(cloudFormation.calls[0]!.body["PhysicalResourceId"], "hosts-1");
    assert.deepEqual(aws.calls, []);
  });

  it("end with their provider at once, although nobody answers the hook that drains them", async () => {
    await endHosts(hosts("Delete"));
    assert.deepEqual(answered(), ["SUCCESS"]);
    assert.deepEqual(group, { size: 0, hosts: 0, hooks: [] });
  });

  it("keep no stack when they cannot be ended", async () => {
    process.env["AWS_ENDPOINT_URL_AUTO_SCALING"] = "http://127.0.0.1:1";
    await endHosts(hosts("Delete"));
    assert.deepEqual(answered(), ["SUCCESS"]);
  });
});

describe("the end of a deploy", () => {
  it("protects the database, once its backup is done, and sets the budget", async () => {
    backups = 1;
    await finishDeploy(finishing("Create", { protectedDatabase: "database-1", budgetUsd: "100" }));
    assert.deepEqual(answered(), ["SUCCESS"]);
    const { body } = aws.calls.find(({ operation }) => operation === "ModifyDBInstance")!;
    assert.deepEqual([body["DBInstanceIdentifier"], body["DeletionProtection"]], ["database-1", "true"]);
    const created = aws.calls.find(({ operation }) => operation === "CreateBudget")!.body;
    assert.equal(created["AccountId"], "000000000000");
    assert.equal((created["NotificationsWithSubscribers"] as unknown[]).length, 2);
    assert.equal(sentence(), "100 USD a month");
  });

  it("changes the budget, and removes it when the configuration has none any more", async () => {
    await finishDeploy(finishing("Update", { budgetUsd: "250" }));
    assert.deepEqual([...budgets!], [["Benchstack-budget", "250"]]);
    assert.equal(sentence(), "250 USD a month");
    await finishDeploy(finishing("Update"));
    assert.deepEqual([...budgets!], []);
    assert.equal(sentence(), "none");
  });

  it("succeeds in an account that may not have budgets, and says why there is none", async () => {
    budgets = null;
    await finishDeploy(finishing("Create", { budgetUsd: "100" }));
    assert.equal(sentence(), "none, because AWS refused it: Account 000000000000 is a linked account.");
    await finishDeploy(finishing("Update"));
    await finishDeploy(finishing("Delete"));
    assert.deepEqual(answered(), ["SUCCESS", "SUCCESS", "SUCCESS"]);
  });

  it("is undone with the stack, except that the database stays protected", async () => {
    budgets = new Map([["Benchstack-budget", "100"]]);
    await finishDeploy(finishing("Delete", { protectedDatabase: "database-1", budgetUsd: "100" }));
    assert.deepEqual([...budgets], []);
    assert.deepEqual(
      aws.calls.map(({ operation }) => operation),
      ["DeleteBudget"],
    );
  });
});
