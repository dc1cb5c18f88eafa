import { spawn } from "node:child_process";
import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { startFauxqs } from "fauxqs";
import { compileSubmission } from "../../../lambdas/competitions/rules/compile-submission.ts";
import { artifacts } from "../../../contract/job.ts";
import type { AttemptReport, Job, Limits, SignedObject, Step, StepReport } from "../../../contract/job.ts";
import { UrlSigner } from "../../../lambdas/kernel/objects/url-signer.ts";
import { startObjectStore } from "../../../local/object-store/server.ts";
import { testImage } from "../../support/docker.ts";
import { repository, temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";
import { StandIn } from "./stand-in.ts";
import type { SeenAttempt, SeenJob } from "./stand-in.ts";
import { unzip, zip } from "./zip.ts";
import type { Files } from "./zip.ts";

const region = "us-east-1";
const bucket = "jobs";

export const testLimits: Limits = {
  cpus: 1,
  memoryBytes: 512_000_000,
  pids: 256,
  diskBytes: 500_000_000,
  logBytes: 10_000_000,
  outputBytes: 100_000_000,
};

/** Programs as files, or an archive as it is. */
export interface TestSubmission {
  submission: Files | Buffer;
  scoring: Files | Buffer;
  ingestion?: Files;
  inputData?: Files;
  referenceData?: Files | Buffer;
  ingestionOnlyDuringScoring?: boolean;
  image?: string;
  timeLimitSeconds?: number;
  limits?: Partial<Limits>;
  detailedResults?: boolean;
  network?: "none" | "open";
}

/** A Python program with its metadata file. */
export const python = (source: string, more: Files = {}): Files => ({
  "metadata.yaml": "command: python3 main.py\n",
  "main.py": source,
  ...more,
});

/** A scoring program that gives 1. */
export const trivialScoring: Files = python("open('/app/output/scores.json','w').write('{\"accuracy\": 1}')");

/** A submission of results, which runs nothing in its prediction step. */
export const results: Files = { "answer.txt": "42\n" };

export interface TestWorker {
  process: ChildProcess;
  /** Lines it logged. */
  lines: Record<string, unknown>[];
  home: string;
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface WorkerSettings {
  launcher: "docker" | "sandbox" | "auto" | "ecs";
  slots?: number;
  home?: string;
  /** Beside what a worker of the platform itself is told, or with undefined instead of it. */
  environment?: Record<string, string | undefined>;
  /** Gives it a channel to this process, as the local platform does. */
  channel?: boolean;
  /** An ordinary user to run it as; the home must be theirs. */
  user?: { uid: number; gid: number };
}

/** A platform's surroundings: an object store, SQS, the worker API, and workers as processes of their own. */
export class Lab {
  readonly api: StandIn;
  readonly queueUrl: string;
  /** An address of this machine at which the programs' side reaches servers of a test. */
  readonly host: string;
  /** What programs run in unless their test says otherwise. */
  readonly image: string;
  /** The worker token. */
  readonly token: string;
  /** How long signatures are good that are made from now on, and where files are uploaded if not to the store. */
  readonly signing: { seconds: number; uploadUrl?: string };
  readonly #sqs: SQSClient;
  readonly #s3: S3Client;
  readonly #signer: UrlSigner;
  /** Keys of stored archives, by their content ids. */
  readonly #keys: Map<string, string>;
  readonly #environment: Record<string, string>;
  readonly #closers: (() => Promise<unknown>)[];
  readonly #workers: TestWorker[] = [];

  private constructor(parts: {
    api: StandIn;
    queueUrl: string;
    host: string;
    image: string;
    token: string;
    signing: { seconds: number; uploadUrl?: string };
    keys: Map<string, string>;
    sqs: SQSClient;
    s3: S3Client;
    signer: UrlSigner;
    environment: Record<string, string>;
    closers: (() => Promise<unknown>)[];
  }) {
    this.api = parts.api;
    this.queueUrl = parts.queueUrl;
    this.host = parts.host;
    this.image = parts.image;
    this.token = parts.token;
    this.signing = parts.signing;
    this.#keys = parts.keys;
    this.#sqs = parts.sqs;
    this.#s3 = parts.s3;
    this.#signer = parts.signer;
    this.#environment = parts.environment;
    this.#closers = parts.closers;
  }

  /** `host` is where the object store listens, for programs that reach it from elsewhere than this machine's loopback. */
  static async start({ host = "127.0.0.1", image = testImage } = {}): Promise<Lab> {
    const folder = await temporaryFolder();
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: randomUUID() };
    const store = await startObjectStore({
      directory: join(folder.path, "objects"),
      ...credentials,
      region,
      buckets: [bucket],
      host,
    });
    const queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, defaultRegion: region });
    const sqsEndpoint = `http://127.0.0.1:${queues.port}`;
    // fauxqs goes on waiting for a worker that has gone and hands it the next message, which comes back after this long.
    queues.createQueue("work", { region, attributes: { VisibilityTimeout: "5" } });
    const queueUrl = `${sqsEndpoint}/000000000000/work`;
    const s3 = new S3Client({
      region,
      credentials,
      endpoint: store.endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    const sqs = new SQSClient({ region, credentials, endpoint: sqsEndpoint });
    const signer = new UrlSigner(s3, { uploads: bucket, jobs: bucket });
    const token = `token-${randomUUID()}`;
    const signing: Lab["signing"] = { seconds: 3600 };
    const keys = new Map<string, string>();
    const api = await StandIn.start({
      token,
      queueUrls: [queueUrl],
      signUpload: async (attempt) => {
        const { seconds, uploadUrl } = signing;
        const policy = await signer.post(artifacts.prefix(attempt), { bucket: "jobs", seconds, maxBytes: 200_000_000 });
        return uploadUrl === undefined ? policy : { ...policy, url: uploadUrl };
      },
      signJob: async (job) => {
        const signed = structuredClone(job);
        const sources = signed.steps.flatMap(({ folders }) =>
          folders.flatMap(({ contents }) => contents.map(({ archive }) => archive)),
        );
        for (const source of sources) {
          const key = source.from === "object" && keys.get(source.object.contentId);
          if (key) source.object.url = await signer.get({ bucket: "jobs", key }, signing);
        }
        return signed;
      },
      signTask: async (attempt, step) => {
        const get = (name: string) => signer.get({ bucket: "jobs", key: artifacts.prefix(attempt) + name }, signing);
        const prefix = artifacts.prefix(attempt);
        const upload = await signer.post(`${prefix}${step}/`, { bucket: "jobs", ...signing, maxBytes: 200_000_000 });
        return {
          upload: { ...upload, keyPrefix: prefix },
          order: await get(artifacts.ecsTaskOrder(step)),
          renewal: await get(artifacts.ecsTaskRenewal(step)),
          state: await get(artifacts.ecsTaskState(step)),
          messages: await get(artifacts.ecsTaskMessages(step)),
          output: { url: await get(artifacts.output(step)), contentId: `${attempt}/${step}` },
        };
      },
      ring: async () => void (await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}" }))),
    });
    const environment = {
      PATH: process.env.PATH ?? "",
      // Without it, each of the worker's processes loads the TypeScript compiler (local/worker-process.ts).
      NODE_COMPILE_CACHE: join(repository, "node_modules/.cache/benchstack"),
      BENCHSTACK_API_URL: api.url,
      BENCHSTACK_WORKER_TOKEN: token,
      AWS_ENDPOINT_URL_SQS: sqsEndpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    const closers = [() => api.close(), () => store.close(), () => queues.stop(), () => folder.remove()];
    return new Lab({ api, queueUrl, host, image, token, signing, keys, sqs, s3, signer, environment, closers });
  }

  /** Ends every worker, when it has cleaned up behind itself if it still can, and all else. */
  async close(): Promise<void> {
    const running = this.#workers.filter(
      ({ process: { exitCode, signalCode } }) => exitCode === null && signalCode === null,
    );
    await Promise.all(
      running.map((worker) => waitFor("a worker to end", () => worker.end("SIGTERM").then(() => true))),
    );
    for (const closer of this.#closers) await closer();
  }

  async startWorker(settings: WorkerSettings): Promise<TestWorker> {
    const {
      launcher,
      slots = 1,
      home = await this.newHome(settings.user),
      environment = {},
      user,
      channel = false,
    } = settings;
    const child = spawn(process.execPath, [join(repository, "worker-image/main.ts")], {
      cwd: "/",
      env: {
        ...this.#environment,
        BENCHSTACK_WORKER_HOME: home,
        BENCHSTACK_WORKER_SLOTS: String(slots),
        BENCHSTACK_LAUNCHER: launcher,
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe", ...(channel ? (["ipc"] as const) : [])],
      ...user,
    }) as ChildProcessByStdio<null, Readable, Readable>;
    const lines: Record<string, unknown>[] = [];
    let rest = "";
    child.stdout.on("data", (piece: Buffer) => {
      const pieces = (rest + piece.toString()).split("\n");
      rest = pieces.pop() ?? "";
      for (const line of pieces) lines.push(JSON.parse(line) as Record<string, unknown>);
    });
    child.stderr.on("data", (piece: Buffer) => lines.push({ level: "stderr", message: piece.toString() }));
    const ended = once(child, "exit");
    const worker: TestWorker = {
      process: child,
      lines,
      home,
      end: async (signal) => {
        child.kill(signal);
        await ended;
        return child.exitCode;
      },
    };
    this.#workers.push(worker);
    return worker;
  }

  /** Starts a worker and waits until it listens. */
  async readyWorker(settings: WorkerSettings): Promise<TestWorker> {
    const worker = await this.startWorker(settings);
    await waitFor("the worker to be ready", () => {
      if (worker.process.exitCode !== null) throw new Error(`it ended: ${JSON.stringify(worker.lines)}`);
      return worker.lines.some(({ event }) => event === "worker.ready");
    });
    return worker;
  }

  async newHome(user?: { uid: number; gid: number }): Promise<string> {
    const folder = await temporaryFolder();
    if (user) await chown(folder.path, user.uid, user.gid);
    this.#closers.push(folder.remove);
    return folder.path;
  }

  /** Makes another queue, and gives its URL. */
  async addQueue(name: string): Promise<string> {
    await this.#sqs.send(new CreateQueueCommand({ QueueName: name }));
    const url = this.queueUrl.replace(/[^/]*$/, name);
    this.api.queueUrls.push(url);
    return url;
  }

  ring(queueUrl = this.queueUrl): Promise<unknown> {
    return this.#sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}" }));
  }

  /** Stores an archive and signs it. The content id is that of the bytes. */
  async store(content: Files | Buffer): Promise<SignedObject> {
    const bytes = Buffer.isBuffer(content) ? content : await zip(content);
    const contentId = createHash("sha256").update(bytes).digest("hex");
    const key = `inputs/${randomUUID()}.zip`;
    await this.#s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    this.#keys.set(contentId, key);
    return { contentId, url: await this.#signer.get({ bucket: "jobs", key }, this.signing) };
  }

  /** Compiles a submission as the platform does, changes the job if that is wanted, and rings. */
  async submit(
    test: TestSubmission,
    queueUrl?: string,
    change: (job: Job<SignedObject>) => void = () => {},
  ): Promise<SeenJob> {
    const objects = new Map<string, SignedObject>();
    const put = async (name: string, content: Files | Buffer | undefined) => {
      if (content === undefined) return null;
      objects.set(name, await this.store(content));
      return { bucket: "jobs" as const, key: name };
    };
    const spec = compileSubmission({
      submission: (await put("submission", test.submission))!,
      task: {
        scoringProgram: (await put("scoring", test.scoring))!,
        ingestionProgram: await put("ingestion", test.ingestion),
        inputData: await put("input", test.inputData),
        referenceData: await put("reference", test.referenceData),
      },
      ingestionOnlyDuringScoring: test.ingestionOnlyDuringScoring ?? false,
      image: test.image ?? this.image,
      timeLimitSeconds: test.timeLimitSeconds ?? 60,
      network: test.network ?? "none",
      limits: { ...testLimits, ...test.limits },
      detailedResults: test.detailedResults ?? false,
    });
    const steps = spec.steps.map((step): Step<SignedObject> => ({
      ...step,
      folders: step.folders.map((folder) => ({
        ...folder,
        contents: folder.contents.map(({ at, archive }) => ({
          at,
          archive: archive.from === "step" ? archive : { ...archive, object: objects.get(archive.object.key)! },
        })),
      })),
    }));
    change({ steps });
    const job = this.api.add({ steps });
    await this.ring(queueUrl);
    return job;
  }

  /** Waits for the report of the last attempt at a job; with several at a time it waits for its turn as well. */
  async report(job: SeenJob, timeoutMs = 120_000): Promise<AttemptReport> {
    try {
      return await waitFor("the report", () => job.attempts.at(-1)?.report, timeoutMs);
    } catch (error) {
      const logs = this.#workers.map(({ lines }) => lines.map((line) => JSON.stringify(line)).join("\n"));
      throw new Error(`${(error as Error).message}; ${this.api.violations.join()}\n${logs.join("\n\n")}`, {
        cause: error,
      });
    }
  }

  async run(test: TestSubmission, timeoutMs?: number): Promise<Finished> {
    const job = await this.submit(test);
    const report = await this.report(job, timeoutMs);
    return { job, attempt: job.attempts.at(-1)!, report };
  }

  /** Names of the objects an attempt left, without its prefix. */
  async names(attempt: SeenAttempt): Promise<string[]> {
    const prefix = artifacts.prefix(attempt.id);
    const { Contents = [] } = await this.#s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return Contents.map(({ Key = "" }) => Key.slice(prefix.length));
  }

  /** The content of an object an attempt left; null when there is none. */
  async object(attempt: SeenAttempt, name: string): Promise<Buffer | null> {
    try {
      const { Body } = await this.#s3.send(
        new GetObjectCommand({ Bucket: bucket, Key: artifacts.prefix(attempt.id) + name }),
      );
      return Buffer.from(await Body!.transformToByteArray());
    } catch (error) {
      if ((error as Error).name === "NoSuchKey") return null;
      throw error;
    }
  }

  /** A text object an attempt left; empty when there is none. */
  async text(attempt: SeenAttempt, name: string): Promise<string> {
    return (await this.object(attempt, name))?.toString() ?? "";
  }

  /** The files of an output archive. */
  async output(attempt: SeenAttempt, step: "prediction" | "scoring"): Promise<Record<string, string>> {
    const archive = await this.object(attempt, artifacts.output(step));
    if (!archive) throw new Error(`there is no output of ${step}`);
    return unzip(archive);
  }
}

export interface Finished {
  job: SeenJob;
  attempt: SeenAttempt;
  report: AttemptReport;
}

/** One container's report. */
export function containerOf(report: AttemptReport, step: string, name = "program") {
  const found = stepOf(report, step).containers.find((container) => container.name === name);
  if (!found) throw new Error(`no container ${name} in ${step}`);
  return found;
}

export function stepOf(report: AttemptReport, name: string): StepReport {
  const found = report.steps.find((step) => step.name === name);
  if (!found) throw new Error(`no step ${name} in the report`);
  return found;
}
