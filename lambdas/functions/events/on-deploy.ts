import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { DescribeTasksCommand, ECSClient, ListTasksCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { offeredProfilesSchema } from "../../../contract/capacity-profile.ts";
import { newLoginKey, sealingKeyOf } from "../../../contract/registry-login.ts";
import { readEnvironment } from "../../kernel/environment.ts";
import { processLog } from "../../kernel/log.ts";
import { hashToken } from "../../kernel/secrets.ts";
import { customResource } from "../custom-resource.ts";
import type { MigrateOrders } from "./migrate.ts";

const login = z.object({ username: z.string(), password: z.string() });
const canaryToken = z.object({ token: z.string().min(1) });
const credentials = login.extend({
  workerToken: z.string().optional(),
  /** The key with which workers open logins of registries. */
  loginKey: z.string().optional(),
});

/**
 * The custom resource `Custom::Database`. Before other functions are deployed, it calls the function inside the VPC to bring
 * the database up to date, with passwords that only this function may read. When the stack is deleted, it removes what
 * CloudFormation did not create.
 */
export const handler = customResource(async ({ RequestType, ResourceProperties }) => {
  await (RequestType === "Delete" ? clearAway() : bringUpToDate(ResourceProperties));
  return { PhysicalResourceId: "database" };
});

/** The properties of `Custom::Database` that are not only there to have CloudFormation call this function again. */
const databaseProperties = z.object({
  /** The capacity profiles, as JSON. */
  profiles: z
    .string()
    .transform((json) => JSON.parse(json) as unknown)
    .pipe(offeredProfilesSchema),
});

async function bringUpToDate(properties: unknown): Promise<void> {
  const { profiles } = databaseProperties.parse(properties);
  const { MIGRATE_FUNCTION, OWNER_SECRET, CREDENTIALS_SECRET, CANARY_SECRET } = readEnvironment("onDeploy");
  const secrets = new SecretsManagerClient({});
  const read = async (id: string): Promise<unknown> =>
    JSON.parse((await secrets.send(new GetSecretValueCommand({ SecretId: id }))).SecretString ?? "null");

  const owner = login.parse(await read(OWNER_SECRET));
  const stored = credentials.parse(await read(CREDENTIALS_SECRET));
  const { workerToken = newWorkerToken(), loginKey = newLoginKey(), ...administrator } = stored;
  const canaryTokenHash =
    CANARY_SECRET === undefined ? null : hashToken(canaryToken.parse(await read(CANARY_SECRET)).token).toString("hex");
  const sealingKey = sealingKeyOf(loginKey);
  const orders: MigrateOrders = { owner, administrator, workerToken, sealingKey, profiles, canaryTokenHash };
  const { FunctionError, Payload } = await new LambdaClient({}).send(
    new InvokeCommand({ FunctionName: MIGRATE_FUNCTION, Payload: JSON.stringify(orders) }),
  );
  if (FunctionError) {
    const { errorMessage } = JSON.parse(Payload?.transformToString() ?? "{}") as { errorMessage?: string };
    throw new Error(`The database could not be brought up to date: ${errorMessage ?? FunctionError}`);
  }
  // Token and key are published to the workers only after the database has what belongs to them.
  const kept = JSON.stringify({ ...administrator, workerToken, loginKey });
  await secrets.send(new PutSecretValueCommand({ SecretId: CREDENTIALS_SECRET, SecretString: kept }));
}

/**
 * Removes what the platform created itself: ECS tasks and organizers' queues. A failure does not stop the deletion of
 * the stack: a leftover queue costs nothing, and CloudFormation reports resources that a running task still uses.
 */
async function clearAway(): Promise<void> {
  const { ORGANIZER_QUEUE_PREFIX, ECS_CLUSTER } = readEnvironment("onDeploy");
  await Promise.all([
    stopTasks(ECS_CLUSTER).catch(logLeft("tasks")),
    removeQueues(ORGANIZER_QUEUE_PREFIX).catch(logLeft("queues")),
  ]);
}

const logLeft = (what: string) => (error: unknown) => processLog().error("removal.failed", { what, error });

/** The most queues that one ListQueues request returns. */
const maxListed = 1000;

async function removeQueues(QueueNamePrefix: string): Promise<void> {
  const client = new SQSClient({ useQueueUrlAsEndpoint: false });
  for (let NextToken: string | undefined, more = true; more; more = NextToken !== undefined) {
    const page = await client.send(new ListQueuesCommand({ QueueNamePrefix, MaxResults: maxListed, NextToken }));
    for (const QueueUrl of page.QueueUrls ?? []) await client.send(new DeleteQueueCommand({ QueueUrl }));
    ({ NextToken } = page);
  }
}

/** The pause before AWS is asked again whether something has ended. */
const lookPauseMs = 2_000;

/** The most tasks that one DescribeTasks request accepts. */
const maxDescribed = 100;
/** A task ends at most two minutes after StopTask. */
const maxEndMs = 5 * 60 * 1000;

/** Stops all tasks and waits until they have ended. The workers are already gone, so no new task starts. */
async function stopTasks(cluster: string): Promise<void> {
  const client = new ECSClient({});
  const until = Date.now() + maxEndMs;
  for (;;) {
    const { taskArns: tasks = [] } = await client.send(new ListTasksCommand({ cluster, maxResults: maxDescribed }));
    if (tasks.length === 0) return;
    for (const task of tasks)
      await client.send(new StopTaskCommand({ cluster, task, reason: "the platform is being deleted" }));
    const left = async () =>
      (await client.send(new DescribeTasksCommand({ cluster, tasks }))).tasks?.filter(
        ({ lastStatus }) => lastStatus !== "STOPPED",
      );
    while ((await left())?.length) {
      if (Date.now() > until) throw new Error(`${tasks.length} tasks did not end in ${maxEndMs / 60_000} minutes`);
      await pause(lookPauseMs);
    }
  }
}

const newWorkerToken = () => `bsw_${randomBytes(32).toString("base64url")}`;
