import type { TestEcs } from "../support/ecs/server.ts";
import { type Emulator, region } from "./emulator.ts";

const lookMs = 200;
const scheduleMs = 1_000;

/**
 * Sends the targets of the deployed rule what ECS tells the event bus when a task stops: the cluster that runs our tasks is
 * not the emulator's own, whose bus takes no events in AWS's name. Gives what ends it.
 */
export async function forwardStops(ecs: TestEcs, emulator: Emulator, clusterArn: string): Promise<() => void> {
  const targets = await targetsOf(
    emulator,
    ({ EventPattern = "" }) => EventPattern.includes("ECS Task State Change") && EventPattern.includes(clusterArn),
  );
  const forwarded = new Set<string>();
  const timer = setInterval(() => {
    for (const task of ecs.tasks) {
      if (task.status !== "STOPPED" || forwarded.has(task.id)) continue;
      forwarded.add(task.id);
      const detail = {
        taskArn: `arn:aws:ecs:${region}:000000000000:task/test/${task.id}`,
        clusterArn,
        lastStatus: task.status,
        startedBy: task.request.startedBy,
        stopCode: task.stopCode,
        stoppedReason: task.stoppedReason,
        containers: [...task.members].map(([name, { exitCode, reason }]) => ({
          name,
          ...(exitCode === null ? {} : { exitCode }),
          ...(reason === null ? {} : { reason }),
        })),
      };
      for (const target of targets)
        void invoke(emulator, target, "ECS Task State Change", detail).catch(() => forwarded.delete(task.id));
    }
  }, lookMs);
  return () => clearInterval(timer);
}

/** Calls what the deployed schedule calls, without a pause of minutes. Gives what ends it. */
export async function hurrySchedule(emulator: Emulator): Promise<() => void> {
  const targets = await targetsOf(emulator, ({ ScheduleExpression }) => ScheduleExpression !== undefined);
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void Promise.all(targets.map((target) => invoke(emulator, target, "Scheduled Event", {})))
      .catch((error: unknown) => console.error("a scheduled function failed", error))
      .finally(() => (busy = false));
  }, scheduleMs);
  return () => clearInterval(timer);
}

interface Rule {
  Name: string;
  EventPattern?: string;
  ScheduleExpression?: string;
}

/** ARNs of the functions that the deployed rules of some kind call. */
async function targetsOf(emulator: Emulator, fits: (rule: Rule) => boolean): Promise<string[]> {
  const { Rules } = await askBus<{ Rules: Rule[] }>(emulator, "ListRules", {});
  const fitting = Rules.filter(fits);
  const lists = fitting.map(({ Name }) =>
    askBus<{ Targets: { Arn: string }[] }>(emulator, "ListTargetsByRule", { Rule: Name }),
  );
  const found = (await Promise.all(lists)).flatMap(({ Targets }) => Targets.map(({ Arn }) => Arn));
  if (found.length === 0) throw new Error("The deployment has no such rule.");
  return found;
}

async function invoke(emulator: Emulator, functionArn: string, kind: string, detail: object): Promise<void> {
  const event = { version: "0", "detail-type": kind, region, detail };
  const path = `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`;
  const response = await send(emulator, "lambda", path, {}, event);
  if (response.headers.has("x-amz-function-error")) throw new Error(await response.text());
}

async function askBus<Answer>(emulator: Emulator, action: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSEvents.${action}` };
  return (await (await send(emulator, "events", "/", headers, body)).json()) as Answer;
}

async function send(
  emulator: Emulator,
  service: string,
  path: string,
  headers: Record<string, string>,
  body: object,
): Promise<Response> {
  // It reads from the signature whom a request is for, and does not check it.
  const scope = `${emulator.environment.AWS_ACCESS_KEY_ID}/20260101/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
  const response = await fetch(emulator.url + path, {
    method: "POST",
    headers: { ...headers, authorization },
    body: JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`The emulator answered HTTP ${response.status} to ${service}: ${await response.text()}`);
  return response;
}
