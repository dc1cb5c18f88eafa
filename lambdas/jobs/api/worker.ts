import * as z from "zod";
import { failureCodes, maxSteps } from "../../../contract/job.ts";
import { foreignText, stepName, stepReportSchema } from "../rules/step-report.ts";
import type { WorkerActor } from "../../policy/policy.ts";
import { complete, heartbeat, recordLaunch, renewManifest } from "../service/attempts.ts";
import type { JobOwners } from "../service/job-owner.ts";
import {
  abandoned,
  capacityOf,
  claimFrom,
  listenTo,
  loginForAttempt,
  queueToLend,
  startWorker,
  wishesFor,
} from "../service/worker-queues.ts";
import { route } from "../../http/route.ts";

const text = z.string().max(1000);
/** Short enough for an index of the database. */
const workerId = z.string().min(1).max(200);

const maxUnwell = 500;

const worker = z
  .object({
    id: workerId,
    instance: workerId,
    host: foreignText(255),
    launcher: text.min(1),
    capabilities: z.object({ outlivesWorker: z.boolean() }).optional(),
    slots: z.int().min(1).max(10_000),
    version: text,
  })
  // Workers of the previous release do not send capabilities.
  .transform(({ capabilities, ...identity }) => ({
    ...identity,
    capabilities: capabilities ?? { outlivesWorker: identity.launcher === "ecs" },
  }));

const progress = z.object({
  step: stepName,
  stage: z.enum(["preparing", "running", "done"]),
  waiting: foreignText(200).optional(),
});

const report = z
  .object({
    outcome: z.enum(["succeeded", "failed", "cancelled", "released"]),
    failure: z
      .object({ code: z.enum(failureCodes), message: foreignText(10_000), step: stepName.nullable() })
      .nullable(),
    unwell: foreignText(maxUnwell).optional(),
    steps: z.array(stepReportSchema).max(maxSteps),
  })
  .refine(
    ({ outcome, failure }) => (outcome === "failed") === (failure !== null),
    "A failure belongs to the outcome failed.",
  );

/** More than ECS takes. */
const maxRequestLength = 100_000;

const launch = z.object({
  step: stepName,
  number: z.int().min(1).max(1000),
  request: z
    .record(z.string(), z.unknown())
    .refine((request) => JSON.stringify(request).length <= maxRequestLength, "The request is too long.")
    .describe("As sent to the cluster"),
  taskArn: text.nullable(),
});

const attemptParams = z.object({ attempt: z.guid() });

/** The queue whose attempts a worker may report; null means any queue. */
const queueOf = ({ queue }: WorkerActor): string | null => queue?.id ?? null;

const queueUrls = z.array(z.string()).describe("URLs of the SQS queues to listen to");

/** The API for workers. */
export const workerRoutes = (owners: JobOwners) => [
  route({
    method: "POST",
    path: "/api/worker/register/",
    summary: "A worker has started: attempts of an earlier life of it are given back",
    access: "worker",
    body: z.object({ worker }),
    answer: {
      status: 200,
      description:
        "How many attempts were given back, and whether the worker has its own access to queues or asks for credentials",
      schema: z.object({ released: z.int(), queues: queueUrls, access: z.enum(["own", "lent"]) }),
    },
    async handle({ context, actor, body }) {
      return { status: 200, body: await startWorker(context, owners, actor, body.worker) };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/queues/",
    summary: "A worker still runs, and asks which queues it is to listen to now",
    access: "worker",
    body: z.object({
      worker,
      unwell: foreignText(maxUnwell).optional().describe("Why it takes no jobs, as a sentence; left out if it does"),
    }),
    answer: { status: 200, description: "The queues", schema: z.object({ queues: queueUrls }) },
    async handle({ context, actor, body }) {
      return { status: 200, body: { queues: await listenTo(context, actor, body.worker, body.unwell ?? null) } };
    },
  }),
  // The function outside the VPC (worker-credentials.ts) calls this route and adds the credentials to the answer.
  route({
    method: "POST",
    path: "/api/worker-credentials/",
    summary:
      "AWS credentials for the queue of a worker's token, valid for an hour; the worker asks again before they expire",
    access: "worker",
    answer: {
      status: 200,
      description: "The URL of the queue, and credentials that read it",
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
    summary: "Claim the next job of a queue whose doorbell was received",
    access: "worker",
    body: z.object({ worker, queue: text }),
    answer: {
      status: 200,
      description:
        "A manifest, or null if no job is ready for this worker; `wait` if one is once attempts of this worker have ended",
      schema: z.object({ manifest: z.looseObject({}).nullable(), wait: z.boolean() }),
    },
    async handle({ context, actor, body }) {
      const { manifest, wait } = await claimFrom(context, owners, actor, body.queue, body.worker);
      return { status: 200, body: { manifest: manifest && { ...manifest }, wait } };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/attempts/{attempt}/heartbeat/",
    summary: "Extend the lease of an attempt and report its progress",
    access: "worker",
    params: attemptParams,
    body: z.object({ progress: z.array(progress).max(100).describe("Since the last heartbeat, oldest first") }),
    answer: {
      status: 200,
      description: "When the lease ends, and whether to stop; 409 ATTEMPT_SUPERSEDED if the attempt lost its job",
      schema: z.object({ cancel: z.boolean(), leaseUntil: z.iso.datetime() }),
    },
    async handle({ context, actor, params, body }) {
      return { status: 200, body: await heartbeat(context, owners, queueOf(actor), params.attempt, body.progress) };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/attempts/{attempt}/launches/",
    summary: "Store a request to run a step as a task before it is sent, and later what the cluster answered",
    access: "worker",
    params: attemptParams,
    body: launch,
    answer: {
      status: 200,
      description: "What is stored: the first request, the task, and why it stopped if the cluster has reported it",
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
    path: "/api/worker/attempts/{attempt}/registry-login/",
    summary: "The sealed login with which a worker of the platform imports an image for an attempt",
    access: "worker",
    params: attemptParams,
    body: z.object({ registry: text.min(1).describe("The host of the image's registry") }),
    answer: {
      status: 200,
      description: "The login that the attempt's queue has for the registry; null without one",
      schema: z.object({ login: z.object({ queue: z.guid(), sealed: z.string() }).nullable() }),
    },
    async handle({ context, actor, params, body }) {
      return { status: 200, body: { login: await loginForAttempt(context, actor, params.attempt, body.registry) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/stops/",
    summary: "What the platform wants of the running attempts of a worker, which asks every few seconds",
    access: "worker",
    body: z.object({ attempts: z.array(z.guid()).max(10_000) }),
    answer: {
      status: 200,
      description:
        "Attempts that have to stop, because they were cancelled or no longer hold their jobs; attempts whose program somebody ended; questions about their files",
      schema: z.object({
        stops: z.array(z.object({ attempt: z.guid(), why: z.enum(["cancelled", "superseded"]) })),
        endings: z.array(z.object({ attempt: z.guid(), message: z.string() })),
        questions: z.array(
          z.object({ id: z.guid(), attempt: z.guid(), step: stepName, question: z.looseObject({ kind: z.string() }) }),
        ),
      }),
    },
    async handle({ context, actor, body }) {
      return { status: 200, body: { ...(await wishesFor(context, actor, body.attempts)) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/abandoned/",
    summary: "Which of some attempts hold no job any more, so that their tasks are to be stopped",
    access: "worker",
    body: z.object({ attempts: z.array(z.guid()).max(1000) }),
    answer: { status: 200, description: "Those attempts", schema: z.object({ abandoned: z.array(z.guid()) }) },
    async handle({ context, actor, body }) {
      return { status: 200, body: { abandoned: await abandoned(context, actor, body.attempts) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/worker/capacity/",
    summary: "Whether a capacity provider lacks capacity, as other steps have found; or what a step has found there",
    access: "worker",
    body: z.object({
      provider: text.min(1),
      found: z
        .object({ lacking: foreignText(200).nullable().describe("What was missing; null if there was a place") })
        .optional()
        .describe("Left out to ask only"),
    }),
    answer: {
      status: 200,
      description: "What the provider lacks, so that a step had better use its fallback; null if it may try",
      schema: z.object({ lacking: z.string().nullable() }),
    },
    async handle({ context, actor, body: { provider, found } }) {
      return { status: 200, body: { lacking: await capacityOf(context, actor, provider, found) } };
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
      description: "Whether it counted; a report of an attempt that lost its job is stored and changes nothing",
      schema: z.object({ accepted: z.boolean() }),
    },
    async handle({ context, actor, params, body }) {
      return { status: 200, body: { accepted: await complete(context, owners, queueOf(actor), params.attempt, body) } };
    },
  }),
];
