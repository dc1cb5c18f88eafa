import * as z from "zod";
import { failureCodes } from "../../../contract/job.ts";
import { stepName, stepReportSchema } from "../rules/step-report.ts";
import { abandonedAttempts } from "../db/launches.ts";
import type { WorkerActor } from "../../policy/policy.ts";
import { complete, heartbeat, recordLaunch, renewManifest } from "../service/attempts.ts";
import { claimFrom, listenTo, queueToLend, startWorker } from "../service/worker-queues.ts";
import { route } from "../../http/route.ts";

const text = z.string().max(1000);

const worker = z.object({
  id: text.min(1),
  instance: text.min(1),
  host: text,
  launcher: z.enum(["docker", "sandbox", "ecs"]),
  slots: z.int().min(1),
  version: text,
});

const progress = z.object({
  step: stepName,
  stage: z.enum(["preparing", "running", "done"]),
  waiting: z.string().max(200).optional(),
});

const report = z.object({
  outcome: z.enum(["succeeded", "failed", "cancelled", "released"]),
  failure: z
    .object({ code: z.enum(failureCodes), message: z.string().max(10_000), step: stepName.nullable() })
    .nullable(),
  steps: z.array(stepReportSchema).max(2),
});

const launch = z.object({
  step: stepName,
  number: z.int().min(1).max(10_000),
  request: z.record(z.string(), z.unknown()).describe("As it is sent to the cluster"),
  taskArn: text.nullable(),
});

const attemptParams = z.object({ attempt: z.guid() });

/** The queue whose attempts a worker answers for; null is any. */
const queueOf = ({ queue }: WorkerActor): string | null => queue?.id ?? null;

const queueUrls = z.array(z.string()).describe("URLs of the SQS queues to listen to");

export const workerRoutes = [
  route({
    method: "POST",
    path: "/api/worker/register/",
    summary: "A worker has started: what an earlier life of it held is given back",
    access: "worker",
    body: z.object({ worker }),
    answer: {
      status: 200,
      description:
        "How many attempts that was; and whether the worker reaches the queues by itself or asks for credentials",
      schema: z.object({ released: z.int(), queues: queueUrls, access: z.enum(["own", "lent"]) }),
    },
    async handle({ context, actor, body }) {
      return { status: 200, body: await startWorker(context, actor, body.worker) };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/queues/",
    summary: "A worker is still there: which queues it is to listen to by now",
    access: "worker",
    body: z.object({ worker }),
    answer: { status: 200, description: "The queues", schema: z.object({ queues: queueUrls }) },
    async handle({ context, actor, body }) {
      return { status: 200, body: { queues: await listenTo(context, actor, body.worker) } };
    },
  }),
  // Reached through the function outside that makes the credentials (worker-credentials.ts), which adds them to this answer.
  route({
    method: "POST",
    path: "/api/worker-credentials/",
    summary:
      "Credentials of AWS for the queue of a worker's token, good for an hour; the worker asks again before they end",
    access: "worker",
    answer: {
      status: 200,
      description: "The queue's URL, and what reads it",
      schema: z.object({
        queue: z.string(),
        region: z.string(),
        credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string() }),
        expires: z.iso.datetime(),
      }),
    },
    handle({ context, actor }) {
      return Promise.resolve({ status: 200, body: { queue: queueToLend(context, actor) } });
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/claim/",
    summary: "Claim the next job of a queue that rang",
    access: "worker",
    body: z.object({ worker, queue: z.string() }),
    answer: {
      status: 200,
      description: "A manifest, or null when nothing is ready",
      schema: z.object({ manifest: z.looseObject({}).nullable() }),
    },
    async handle({ context, actor, body }) {
      return { status: 200, body: { manifest: await claimFrom(context, actor, body.queue, body.worker) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/attempts/{attempt}/heartbeat/",
    summary: "Keep an attempt's lease and say how far it has come",
    access: "worker",
    params: attemptParams,
    body: z.object({ progress: z.array(progress).max(100).describe("Made since the last heartbeat, oldest first") }),
    answer: {
      status: 200,
      description: "Until when the lease holds, and whether to stop; 409 ATTEMPT_SUPERSEDED when it is lost",
      schema: z.object({ cancel: z.boolean(), leaseUntil: z.iso.datetime() }),
    },
    async handle({ context, actor, params, body }) {
      return { status: 200, body: await heartbeat(context, queueOf(actor), params.attempt, body.progress) };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/attempts/{attempt}/launches/",
    summary: "Keep a request to run a step as a task, before it is sent; and what the cluster answered",
    access: "worker",
    params: attemptParams,
    body: launch,
    answer: {
      status: 200,
      description: "What is kept: the request that came first, the task, and why it stopped if the cluster has told",
      schema: z.looseObject({ step: stepName, number: z.int(), taskArn: z.string().nullable() }),
    },
    async handle({ context, actor, params, body }) {
      const kept = await recordLaunch(context, queueOf(actor), params.attempt, body);
      return { status: 200, body: { ...kept } };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/attempts/{attempt}/manifest/",
    summary: "The manifest of an attempt with new signatures",
    access: "worker",
    params: attemptParams,
    answer: { status: 200, description: "The manifest", schema: z.object({ manifest: z.looseObject({}) }) },
    async handle({ context, actor, params }) {
      return {
        status: 200,
        body: { manifest: { ...(await renewManifest(context, queueOf(actor), params.attempt)) } },
      };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/abandoned/",
    summary: "Which of some attempts hold no job any more, so that what runs for them is to be stopped",
    access: "worker",
    body: z.object({ attempts: z.array(z.guid()).max(1000) }),
    answer: { status: 200, description: "Those attempts", schema: z.object({ abandoned: z.array(z.guid()) }) },
    async handle({ context, actor, body }) {
      return { status: 200, body: { abandoned: await abandonedAttempts(context.db, queueOf(actor), body.attempts) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/attempts/{attempt}/complete/",
    summary: "The final report of an attempt",
    access: "worker",
    params: attemptParams,
    body: report,
    answer: {
      status: 200,
      description: "Whether it counted; a report of an attempt that lost its job is kept and changes nothing",
      schema: z.object({ accepted: z.boolean() }),
    },
    async handle({ context, actor, params, body }) {
      return { status: 200, body: { accepted: await complete(context, queueOf(actor), params.attempt, body) } };
    },
  }),
];
