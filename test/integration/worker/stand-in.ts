import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { failureCodes, stepNamePattern, stepWarningCodes } from "../../../contract/job.ts";
import type { LentCredentials, Registration } from "../../../worker-image/api-client.ts";
import type {
  AskedQuestion,
  AttemptReport,
  Job,
  Launch,
  Manifest,
  Progress,
  SignedObject,
  StepName,
  EcsTaskLinks,
  UploadPolicy,
} from "../../../contract/job.ts";

const stepName = z.string().regex(stepNamePattern);
const count = z.number().nonnegative();
const stream = z.strictObject({ bytes: count, truncated: z.boolean() });
const identity = z.strictObject({
  id: z.uuid(),
  instance: z.uuid(),
  host: z.string().min(1),
  launcher: z.enum(["docker", "sandbox", "ecs"]),
  capabilities: z.strictObject({ outlivesWorker: z.boolean() }),
  slots: z.int().min(1),
  version: z.string().min(1),
});
const progressSchema = z.strictObject({
  step: stepName,
  stage: z.enum(["preparing", "running", "done"]),
  waiting: z.string().optional(),
});
const launchSchema = z.strictObject({
  step: stepName,
  number: z.int().min(1),
  request: z.record(z.string(), z.unknown()),
  taskArn: z.string().nullable(),
  stopped: z.null().optional(),
});
const reportSchema = z.strictObject({
  outcome: z.enum(["succeeded", "failed", "cancelled", "released"]),
  failure: z
    .strictObject({ code: z.enum(failureCodes), message: z.string().min(1), step: stepName.nullable() })
    .nullable(),
  unwell: z.string().min(1).optional(),
  steps: z.array(
    z.strictObject({
      name: stepName,
      containers: z.array(
        z.strictObject({
          name: z.enum(["program", "ingestion"]),
          ran: z.boolean(),
          exitCode: z.int().nullable(),
          outOfMemory: z.boolean(),
          elapsedSeconds: count,
          logs: z.strictObject({ stdout: stream, stderr: stream }),
        }),
      ),
      usage: z.strictObject({
        wallSeconds: count,
        cpuSeconds: count,
        peakMemoryBytes: count,
        downloadedBytes: count,
        uploadedBytes: count,
        preparingSeconds: count,
      }),
      outputBytes: count.nullable(),
      collected: z.array(z.string()),
      md5: z.record(z.string(), z.string().regex(/^[0-9a-f]{32}$/)),
      warnings: z
        .array(z.strictObject({ code: z.enum(stepWarningCodes), message: z.string().min(1).max(1000) }))
        .optional(),
    }),
  ),
});

/** One try at a job, as the platform sees it. */
export interface SeenAttempt {
  id: string;
  job: SeenJob;
  instance: string;
  progress: Progress[];
  report: AttemptReport | null;
  heartbeats: number;
  /** Answers 409 from now on. */
  superseded: boolean;
  /** Answers every heartbeat with `cancel`, and says so when it is asked. */
  cancelled: boolean;
  /** Why its program is to end, from now on. */
  ending: string | null;
  questions: AskedQuestion[];
  launches: Launch[];
  /** What it said it waits for, in order. */
  waiting: string[];
}

export interface SeenJob {
  id: string;
  spec: Job<SignedObject>;
  /** Oldest first; the last one is current. */
  attempts: SeenAttempt[];
  ready: boolean;
}

/** The queue of all jobs. */
const queueId = randomUUID();

/** A request that broke the contract gets 400, and fails the test that looks at `violations`. */
class Violation extends Error {}

/** A report that a test does not want to be taken. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the test answers ${status}`);
    this.status = status;
  }
}

export interface StandInOptions {
  token: string;
  queueUrls: string[];
  signUpload: (attempt: string) => Promise<UploadPolicy>;
  /** The job with signatures that are good from now on. */
  signJob: (job: Job<SignedObject>) => Promise<Job<SignedObject>>;
  signTask: (attempt: string, step: StepName) => Promise<EcsTaskLinks>;
  /** Rings for a job that is ready again. */
  ring: () => Promise<void>;
}

/** The platform's worker API, without a platform behind it: jobs in memory, and every request held to the contract. */
export class StandIn {
  readonly violations: string[] = [];
  readonly jobs: SeenJob[] = [];
  /** While true, every connection is cut. */
  isDown = false;
  heartbeatSeconds = 1;
  /** False for a platform of the previous release, which tells of cancellations only when it gets a heartbeat. */
  knowsStops = true;
  /** What manifests say; anything but 1 is of a platform that is newer than the worker. */
  manifestVersion = 1;
  /** Whether its workers have to ask for credentials, which then are good for so many seconds. */
  lends: { seconds: number } | null = null;
  /** Sealed logins of the one queue by registry. */
  readonly logins = new Map<string, string>();
  /** What capacity providers lack, by their names. */
  readonly lacking = new Map<string, string>();
  /** The status with which it answers a report instead of taking it; null takes it. */
  refuses: (report: AttemptReport) => number | null = () => null;
  /** While true, there are no credentials to be had. */
  lendsNone = false;
  /** How often it lent credentials. */
  lent = 0;
  /** Whether it refuses the token from now on. */
  isRevoked = false;
  /** Why the worker that asked last for its queues takes no jobs; null if it does. */
  unwell: string | null = null;
  /** The queue of each claim. */
  readonly claimedQueues: string[] = [];
  readonly queueUrls: string[];
  readonly #options: StandInOptions;
  readonly #registered = new Set<string>();
  readonly #server: Server;

  private constructor(options: StandInOptions) {
    this.#options = options;
    this.queueUrls = options.queueUrls;
    this.#server = createServer((request, response) => {
      if (this.isDown) {
        request.socket.destroy();
        return;
      }
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
  }

  static async start(options: StandInOptions): Promise<StandIn> {
    const api = new StandIn(options);
    await new Promise<void>((resolve) => api.#server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  get claims(): number {
    return this.claimedQueues.length;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(spec: Job<SignedObject>): SeenJob {
    const job: SeenJob = { id: randomUUID(), spec, attempts: [], ready: true };
    this.jobs.push(job);
    return job;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    try {
      const body: unknown = JSON.parse(await text(request));
      if (this.isRevoked || request.headers.authorization !== `Bearer ${this.#options.token}`) {
        return { status: 401, body: refusal("NOT_AUTHENTICATED", "The worker token is not valid.") };
      }
      if (request.method !== "POST") throw new Violation(`method ${request.method}`);
      const path = request.url ?? "";
      const [, attemptId, verb] =
        /^\/api\/worker\/attempts\/([^/]+)\/(heartbeat|complete|launches|manifest|registry-login)$/.exec(path) ?? [];
      if (path === "/api/worker/register") return { status: 200, body: await this.#register(body) };
      if (path === "/api/worker/queues") return { status: 200, body: this.#list(body) };
      if (path === "/api/worker-credentials")
        return this.lendsNone
          ? { status: 503, body: refusal("UNAVAILABLE", "Not now.") }
          : { status: 200, body: this.#lend() };
      if (path === "/api/worker/claim") return { status: 200, body: await this.#claim(body) };
      if (path === "/api/worker/capacity") return { status: 200, body: this.#capacity(body) };
      if (path === "/api/worker/stops")
        return this.knowsStops
          ? { status: 200, body: this.#stops(body) }
          : { status: 404, body: refusal("NOT_FOUND", "There is no such path.") };
      if (path === "/api/worker/abandoned") return { status: 200, body: this.#abandoned(body) };
      const attempt = this.jobs.flatMap(({ attempts }) => attempts).find(({ id }) => id === attemptId);
      if (!attempt) throw new Violation(`no such path or attempt: ${path}`);
      if (attempt.superseded && verb === "heartbeat") {
        return { status: 409, body: refusal("ATTEMPT_SUPERSEDED", "Someone else owns the job.") };
      }
      if (verb === "heartbeat") return { status: 200, body: this.#heartbeat(attempt, body) };
      if (verb === "launches") return { status: 200, body: this.#launch(attempt, body) };
      if (verb === "registry-login") {
        const { registry } = z.strictObject({ registry: z.string().min(1) }).parse(body);
        const sealed = this.logins.get(registry);
        return { status: 200, body: { login: sealed === undefined ? null : { queue: queueId, sealed } } };
      }
      if (verb === "manifest") return { status: 200, body: { manifest: await this.#manifest(attempt, true) } };
      return { status: 200, body: this.#complete(attempt, body) };
    } catch (error) {
      if (error instanceof Refused) return { status: error.status, body: refusal("REFUSED", error.message) };
      this.violations.push(`${request.url}: ${(error as Error).message}`);
      return { status: 400, body: refusal("BAD_REQUEST", (error as Error).message) };
    }
  }

  #list(body: unknown): { queues: string[] } {
    const { unwell } = z.strictObject({ worker: identity, unwell: z.string().min(1).optional() }).parse(body);
    this.unwell = unwell ?? null;
    return { queues: this.queueUrls };
  }

  async #register(body: unknown): Promise<Registration> {
    const { worker } = z.strictObject({ worker: identity }).parse(body);
    this.#registered.add(worker.instance);
    const open = this.jobs.filter(({ attempts, ready }) => !ready && attempts.at(-1)?.report === null);
    for (const job of open) await this.#giveBack(job);
    return { released: open.length, queues: this.queueUrls, access: this.lends ? "lent" : "own" };
  }

  #lend(): LentCredentials {
    this.lent++;
    return {
      queue: this.queueUrls[0]!,
      region: "us-east-1",
      credentials: { accessKeyId: `lent-${this.lent}`, secretAccessKey: "secret", sessionToken: "session" },
      expires: new Date(Date.now() + this.lends!.seconds * 1000).toISOString(),
    };
  }

  async #giveBack(job: SeenJob): Promise<void> {
    const last = job.attempts.at(-1);
    if (last) last.superseded = true;
    job.ready = true;
    await this.#options.ring();
  }

  async #claim(body: unknown): Promise<{ manifest: Manifest | null }> {
    const { worker, queue } = z.strictObject({ worker: identity, queue: z.url() }).parse(body);
    if (!this.#registered.has(worker.instance)) throw new Violation("a claim before registering");
    if (!this.queueUrls.includes(queue)) throw new Violation(`a claim for the queue ${queue}`);
    this.claimedQueues.push(queue);
    const job = this.jobs.find(({ ready }) => ready);
    if (!job) return { manifest: null };
    job.ready = false;
    const last = job.attempts.at(-1);
    // Attempts whose steps are tasks outlive their workers.
    if (last && worker.capabilities.outlivesWorker && last.report?.outcome === "released") {
      last.report = null;
      last.instance = worker.instance;
      // Its new worker tells again how it gets on.
      last.progress = [];
      return { manifest: await this.#manifest(last, true) };
    }
    const attempt: SeenAttempt = {
      id: randomUUID(),
      job,
      instance: worker.instance,
      progress: [],
      report: null,
      heartbeats: 0,
      superseded: false,
      cancelled: false,
      ending: null,
      questions: [],
      launches: [],
      waiting: [],
    };
    job.attempts.push(attempt);
    return { manifest: await this.#manifest(attempt, worker.capabilities.outlivesWorker) };
  }

  async #manifest(attempt: SeenAttempt, outlivesWorker: boolean): Promise<Manifest> {
    const { job } = attempt;
    const upload = await this.#options.signUpload(attempt.id);
    const manifest: Manifest = {
      version: this.manifestVersion as Manifest["version"],
      attempt: { id: attempt.id, jobId: job.id, number: job.attempts.length },
      leaseSeconds: 45,
      heartbeatSeconds: this.heartbeatSeconds,
      job: await this.#options.signJob(job.spec),
      upload,
    };
    if (!outlivesWorker) return manifest;
    const { signTask } = this.#options;
    const links = Object.fromEntries(
      await Promise.all(job.spec.steps.map(async ({ name }) => [name, await signTask(attempt.id, name)] as const)),
    );
    return { ...manifest, tasks: { links, launches: attempt.launches } };
  }

  /** Keeps a launch; the request that came first stays. */
  #launch(attempt: SeenAttempt, body: unknown): Launch {
    const told = launchSchema.parse(body);
    const known = attempt.launches.find(({ step, number }) => step === told.step && number === told.number);
    if (known) {
      known.taskArn ??= told.taskArn;
      return known;
    }
    const launch: Launch = { ...told, stopped: null };
    attempt.launches.push(launch);
    return launch;
  }

  #capacity(body: unknown): { lacking: string | null } {
    const { provider, found } = z
      .strictObject({
        provider: z.string().min(1),
        found: z.strictObject({ lacking: z.string().min(1).nullable() }).optional(),
      })
      .parse(body);
    if (found?.lacking === null) this.lacking.delete(provider);
    else if (found) this.lacking.set(provider, found.lacking);
    return { lacking: this.lacking.get(provider) ?? null };
  }

  #abandoned(body: unknown): { abandoned: string[] } {
    const { attempts } = z.strictObject({ attempts: z.array(z.uuid()) }).parse(body);
    const open = new Set(
      this.jobs
        .flatMap((job) => job.attempts.filter(({ report }) => report === null || report.outcome === "released"))
        .map(({ id }) => id),
    );
    return { abandoned: attempts.filter((id) => !open.has(id)) };
  }

  #stops(body: unknown): unknown {
    const { attempts } = z.strictObject({ attempts: z.array(z.uuid()).min(1) }).parse(body);
    const asked = this.jobs.flatMap((job) => job.attempts).filter(({ id }) => attempts.includes(id));
    if (asked.length < attempts.length) throw new Violation("a question about attempts of nobody");
    return {
      stops: asked.flatMap(({ id, superseded, cancelled }) => {
        if (superseded) return { attempt: id, why: "superseded" };
        return cancelled ? { attempt: id, why: "cancelled" } : [];
      }),
      endings: asked.flatMap(({ id, ending }) => (ending === null ? [] : { attempt: id, message: ending })),
      questions: asked.flatMap(({ questions }) => questions),
    };
  }

  #heartbeat(attempt: SeenAttempt, body: unknown): { cancel: boolean; leaseUntil: string } {
    if (attempt.report !== null) throw new Violation("a heartbeat after the report");
    const { progress: made } = z.strictObject({ progress: z.array(progressSchema) }).parse(body);
    attempt.heartbeats++;
    for (const progress of made) {
      const last = attempt.progress.at(-1);
      if (progress.step === last?.step && progress.stage === last.stage && progress.waiting === last.waiting) continue;
      const rank = ({ step, stage }: Progress) =>
        attempt.job.spec.steps.findIndex(({ name }) => name === step) * 3 +
        ["preparing", "running", "done"].indexOf(stage);
      if (last && rank(progress) < rank(last))
        throw new Violation(`progress from ${last.stage} back to ${progress.stage}`);
      if (progress.waiting !== undefined) attempt.waiting.push(progress.waiting);
      // What a step waited for is told beside how far it came.
      if (progress.step === last?.step && progress.stage === last.stage) last.waiting = progress.waiting;
      else attempt.progress.push(progress);
    }
    return { cancel: attempt.cancelled, leaseUntil: new Date(Date.now() + 45_000).toISOString() };
  }

  #complete(attempt: SeenAttempt, body: unknown): { accepted: boolean } {
    const report = reportSchema.parse(body);
    const refused = this.refuses(report);
    if (refused !== null) throw new Refused(refused);
    if (attempt.report !== null) throw new Violation("a second report");
    if ((report.outcome === "failed") !== (report.failure !== null))
      throw new Violation("a failure and an outcome that disagree");
    attempt.report = report;
    if (report.outcome === "released") {
      attempt.job.ready = true;
      void this.#options.ring();
    }
    return { accepted: !attempt.superseded };
  }
}

const refusal = (code: string, detail: string) => ({ code, detail, request_id: randomUUID() });
