import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { RegisterJobDefinitionCommandInput, SubmitJobCommandInput } from "@aws-sdk/client-batch";
import type { RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { ApiError } from "../ecs/api-error.ts";
import { testNetworks } from "../ecs/server.ts";
import type { TestEcs } from "../ecs/server.ts";
import type { RunningTask } from "../ecs/task.ts";
import { refuseJob, refuseJobDefinition } from "./validate.ts";

const prefix = "arn:aws:batch:us-east-1:000000000000";
/** A job queue on Fargate and one on EC2. */
export const jobQueues = { fargate: `${prefix}:job-queue/fargate`, ec2: `${prefix}:job-queue/ec2` };

type Answer = Record<string, unknown>;
/** What becomes of a job: it stays RUNNABLE with this reason, and goes on when there is none any more. */
interface Fate {
  waitsFor?: string;
}

/** A job of AWS Batch, which becomes an ECS task once it has a host. */
export class TestJob {
  readonly id = randomUUID();
  readonly createdAt = Date.now();
  readonly request: SubmitJobCommandInput;
  /** Null until it has a host. */
  task: RunningTask | null = null;
  statusReason: string | undefined;
  /** It ended without a host. */
  gaveUp = false;
  isTerminated = false;
  readonly #start: () => RunningTask;

  constructor(request: SubmitJobCommandInput, start: () => RunningTask, { waitsFor }: Fate) {
    this.request = request;
    this.#start = start;
    this.statusReason = waitsFor;
    if (waitsFor === undefined) this.find();
  }

  /** A host is found. */
  find(): void {
    this.statusReason = undefined;
    this.task = this.#start();
  }

  /** It is ended, by somebody or by its job queue. */
  end(reason: string, isTerminated = false): void {
    this.isTerminated = isTerminated;
    this.task?.stop("UserInitiated", reason);
    if (this.task !== null) return;
    this.statusReason = reason;
    this.gaveUp = true;
  }

  get status(): string {
    if (this.gaveUp) return "FAILED";
    if (this.task === null) return "RUNNABLE";
    if (this.task.status !== "STOPPED") return this.task.status === "RUNNING" ? "RUNNING" : "STARTING";
    return this.task.members.get("supervise")?.exitCode === 0 ? "SUCCEEDED" : "FAILED";
  }

  describe(): Answer {
    const { task, status } = this;
    const containers = [...(task?.members ?? [])].map(([name, { exitCode, reason }]) => ({
      name,
      ...(exitCode === null ? {} : { exitCode }),
      ...(reason === null ? {} : { reason }),
    }));
    const statusReason = this.statusReason ?? (task?.status === "STOPPED" ? task.stoppedReason : undefined);
    return {
      ...this.summary(),
      jobQueue: this.request.jobQueue,
      jobDefinition: this.request.jobDefinition,
      startedAt: this.createdAt,
      status,
      ...(statusReason === undefined ? {} : { statusReason }),
      isTerminated: this.isTerminated,
      attempts: task?.status === "STOPPED" ? [{ statusReason, taskProperties: [{ containers }] }] : [],
    };
  }

  summary(): Answer {
    const { jobName } = this.request;
    return {
      jobId: this.id,
      jobArn: `${prefix}:job/${this.id}`,
      jobName,
      createdAt: this.createdAt,
      status: this.status,
    };
  }
}

/**
 * The part of the AWS Batch API that the worker uses, in its REST protocol. Jobs are ECS tasks, as in AWS, and so run on the real
 * engine of this machine.
 */
export class TestBatch {
  readonly jobs: TestJob[] = [];
  readonly definitions = new Map<string, { definition: RegisterJobDefinitionCommandInput; status: string }>();
  /** Requests that the API refused, and why. A correct worker makes none. */
  readonly refused: string[] = [];
  /** The results of the next SubmitJob calls, in order. */
  readonly script: (Fate | { error: string; status: number } | "lose the answer")[] = [];
  readonly #ecs: TestEcs;
  #server: Server | undefined;

  private constructor(ecs: TestEcs) {
    this.#ecs = ecs;
  }

  static async start(ecs: TestEcs): Promise<TestBatch> {
    const batch = new TestBatch(ecs);
    const server = createServer((request, response) => void batch.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    batch.#server = server;
    return batch;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server?.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: Answer, type?: string) => {
      response
        .writeHead(status, { "content-type": "application/json", ...(type ? { "x-amzn-errortype": type } : {}) })
        .end(JSON.stringify(body));
    };
    try {
      const action = request.url?.split("/").at(-1) ?? "";
      const body = JSON.parse(await text(request)) as Answer;
      const scripted = action === "submitjob" ? this.script.shift() : undefined;
      if (typeof scripted === "object" && "error" in scripted)
        return send(scripted.status, { message: "scripted by the test" }, scripted.error);
      const answer = this.#act(action, body, typeof scripted === "object" ? scripted : {});
      if (scripted === "lose the answer") return void response.destroy();
      send(200, answer);
    } catch (error) {
      const { message } = error as Error;
      this.refused.push(message);
      send(
        error instanceof ApiError ? 400 : 500,
        { message },
        error instanceof ApiError ? error.type : "ServerException",
      );
    }
  }

  #act(action: string, body: Answer, fate: Fate): Answer {
    switch (action) {
      case "registerjobdefinition":
        return this.#register(body as unknown as RegisterJobDefinitionCommandInput);
      case "describejobdefinitions":
        return {
          jobDefinitions: [...this.definitions].flatMap(([name, { definition, status }]) =>
            status === body.status && [undefined, name].includes(body.jobDefinitionName as string | undefined)
              ? [{ ...definition, jobDefinitionArn: `${prefix}:job-definition/${name}:1`, revision: 1, status }]
              : [],
          ),
        };
      case "deregisterjobdefinition": {
        const name = String(body.jobDefinition).split("/").at(-1)!.replace(/:\d+$/, "");
        this.definitions.get(name)!.status = "INACTIVE";
        return {};
      }
      case "submitjob":
        return this.#submit(body as unknown as SubmitJobCommandInput, fate);
      case "describejobs":
        return {
          jobs: this.jobs.filter(({ id }) => (body.jobs as string[]).includes(id)).map((job) => job.describe()),
        };
      case "listjobs": {
        const [filter] = (body.filters ?? []) as { name: string; values: string[] }[];
        const listed = this.jobs.filter(
          (job) =>
            job.request.jobQueue === body.jobQueue &&
            (filter ? filter.values.includes(job.request.jobName!) : job.status === body.jobStatus),
        );
        return { jobSummaryList: listed.map((job) => job.summary()) };
      }
      case "terminatejob": {
        const job = this.jobs.find(({ id }) => id === body.jobId);
        if (!job) throw new ApiError("ClientException", "The job was not found.");
        if (job.status !== "FAILED" && job.status !== "SUCCEEDED") job.end(String(body.reason), true);
        return {};
      }
      default:
        throw new ApiError("ClientException", `${action} is no action`);
    }
  }

  #register(definition: RegisterJobDefinitionCommandInput): Answer {
    const refusal = refuseJobDefinition(definition);
    if (refusal !== null) throw new ApiError("ClientException", refusal);
    const { jobDefinitionName = "" } = definition;
    this.definitions.set(jobDefinitionName, { definition, status: "ACTIVE" });
    return { jobDefinitionName, jobDefinitionArn: `${prefix}:job-definition/${jobDefinitionName}:1`, revision: 1 };
  }

  #submit(request: SubmitJobCommandInput, fate: Fate): Answer {
    const found = this.definitions.get(request.jobDefinition ?? "");
    if (found?.status !== "ACTIVE") throw new ApiError("ClientException", "JobDefinition does not exist");
    if (!Object.values(jobQueues).includes(request.jobQueue ?? ""))
      throw new ApiError("ClientException", "JobQueue does not exist");
    const definition = asTask(found.definition);
    const refusal = refuseJob(
      request,
      (definition.containerDefinitions ?? []).map(({ name = "" }) => name),
    );
    if (refusal !== null) throw new ApiError("ClientException", refusal);
    const { containers } = request.ecsPropertiesOverride!.taskProperties![0]!;
    const start = () =>
      this.#ecs.runTask(
        definition,
        {
          taskDefinition: request.jobDefinition,
          networkConfiguration: { awsvpcConfiguration: { subnets: testNetworks.dark.subnets } },
          overrides: { containerOverrides: containers?.map(({ name, environment }) => ({ name, environment })) },
        },
        {},
      );
    const job = new TestJob(request, start, fate);
    this.jobs.push(job);
    return { jobId: job.id, jobName: request.jobName, jobArn: `${prefix}:job/${job.id}` };
  }
}

/** The ECS task definition that AWS Batch makes of a job definition. */
function asTask({ ecsProperties }: RegisterJobDefinitionCommandInput): RegisterTaskDefinitionCommandInput {
  const [task] = ecsProperties!.taskProperties!;
  const containers = task!.containers!.map(({ resourceRequirements = [], ...container }) => ({
    ...container,
    memory: Number(resourceRequirements.find(({ type }) => type === "MEMORY")!.value),
  }));
  return {
    family: "job",
    volumes: task!.volumes,
    containerDefinitions: containers as RegisterTaskDefinitionCommandInput["containerDefinitions"],
  };
}
