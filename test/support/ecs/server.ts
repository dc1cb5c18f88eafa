import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from "@aws-sdk/client-ecs";
import Docker from "dockerode";
import { ApiError } from "./api-error.ts";
import { TestDefinitions } from "./definitions.ts";
import { RunningTask } from "./task.ts";
import type { TaskHost } from "./task.ts";
import { refuseRun } from "./validate.ts";

const region = "us-east-1";
export const clusterArn = `arn:aws:ecs:${region}:000000000000:cluster/test`;
const label = "benchstack.test-task";
/** The two kinds of networks of a deployment. `dark` reaches only this machine. */
export const testNetworks = {
  open: { subnets: ["subnet-open"], securityGroups: ["sg-open"], assignPublicIp: true },
  dark: { subnets: ["subnet-dark"], securityGroups: ["sg-dark"], assignPublicIp: false },
};

type Answer = Record<string, unknown>;
type Fate = Pick<TaskHost, "heldAt" | "startFault">;

/**
 * The part of the ECS API that the worker uses, in its JSON 1.1 protocol, with the same errors as AWS. Tasks run on the real
 * engine of this machine; see `task.ts`.
 */
export class TestEcs {
  readonly tasks: RunningTask[] = [];
  readonly definitions = new TestDefinitions(`arn:aws:ecs:${region}:000000000000`);
  /** Requests that the API refused, and why. A correct worker makes none. */
  readonly refused: string[] = [];
  /** Names of the calls, in order. */
  readonly calls: string[] = [];
  /**
   * The results of the next RunTask calls, in order: a reason for `failures`, an error, a lost answer, a task that stays at a
   * status, or one whose machine cannot start its program.
   */
  readonly script: ({ failure: string } | { error: string; status: number } | "lose the answer" | Fate)[] = [];
  readonly #engine = new Docker();
  readonly #tokens = new Map<string, { request: string; task: RunningTask }>();
  readonly #pauseImage: string;
  /** Images that the engine has only for the tasks. */
  readonly #pulled = new Set<string>();
  #server: Server | undefined;
  #network: Docker.Network | undefined;
  /** The address of this machine in the tasks' network. */
  address = "";

  private constructor(pauseImage: string) {
    this.#pauseImage = pauseImage;
  }

  static async start(pauseImage: string): Promise<TestEcs> {
    const ecs = new TestEcs(pauseImage);
    const name = `benchstack-test-${randomUUID().slice(0, 8)}`;
    ecs.#network = await ecs.#engine.createNetwork({ Name: name, Internal: true, Labels: { [label]: "network" } });
    const { IPAM } = (await ecs.#engine.getNetwork(name).inspect()) as { IPAM: { Config: { Gateway: string }[] } };
    ecs.address = IPAM.Config[0]?.Gateway ?? "";
    const server = createServer((request, response) => void ecs.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, ecs.address, resolve));
    ecs.#server = server;
    return ecs;
  }

  get url(): string {
    return `http://${this.address}:${(this.#server?.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.kill("UserInitiated", "the test is over").then(() => task.ended)));
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
    await this.#network?.remove();
    // Tests of later runs may name other images like that.
    for (const image of this.#pulled)
      await this.#engine
        .getImage(image)
        .remove({ noprune: true })
        .catch(() => {});
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: Answer) => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
    };
    try {
      if (request.url?.startsWith("/v4/")) return send(200, await this.#metadata(request.url));
      const action = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
      this.calls.push(action);
      const body = JSON.parse(await text(request)) as Answer;
      const scripted = action === "RunTask" ? this.script.shift() : undefined;
      if (typeof scripted === "object" && "error" in scripted) {
        return send(scripted.status, { __type: scripted.error, message: "scripted by the test" });
      }
      if (typeof scripted === "object" && "failure" in scripted)
        return send(200, { tasks: [], failures: [{ arn: clusterArn, reason: scripted.failure }] });
      const answer = this.#act(action, body, typeof scripted === "object" ? scripted : {});
      if (scripted === "lose the answer") return void response.destroy();
      send(200, answer);
    } catch (error) {
      const type = error instanceof ApiError ? error.type : "ServerException";
      if (type !== "ClientException" || !/Unable to describe/.test((error as Error).message)) {
        if (type !== "ConflictException") this.refused.push(`${type}: ${(error as Error).message}`);
      }
      send(error instanceof ApiError ? 400 : 500, { __type: type, message: (error as Error).message });
    }
  }

  #act(action: string, body: Answer, fate: Fate): Answer {
    switch (action) {
      case "RegisterTaskDefinition":
        return this.definitions.register(body as unknown as RegisterTaskDefinitionCommandInput);
      case "DescribeTaskDefinition":
        return this.definitions.describe(String(body.taskDefinition));
      case "ListTaskDefinitions":
        return this.definitions.list(String(body.status));
      case "DeregisterTaskDefinition":
        return this.definitions.deregister(String(body.taskDefinition));
      case "DeleteTaskDefinitions":
        return this.definitions.delete(body.taskDefinitions as string[]);
      case "RunTask":
        return this.#run(body as unknown as RunTaskCommandInput, fate);
      case "DescribeTasks": {
        const wanted = body.tasks as string[];
        if (wanted.length > 100) throw new ApiError("InvalidParameterException", "too many tasks");
        const found = this.tasks.filter((task) => wanted.includes(arnOf(task)));
        const missing = wanted.filter((arn) => !found.some((task) => arnOf(task) === arn));
        return { tasks: found.map(describeTask), failures: missing.map((arn) => ({ arn, reason: "MISSING" })) };
      }
      case "ListTasks":
        return { taskArns: this.tasks.filter((task) => listed(task, body)).map(arnOf) };
      case "StopTask": {
        const task = this.tasks.find((one) => arnOf(one) === body.task);
        if (!task) throw new ApiError("InvalidParameterException", "The referenced task was not found.");
        task.stop("UserInitiated", String(body.reason));
        return { task: describeTask(task) };
      }
      default:
        throw new ApiError("UnknownOperationException", action);
    }
  }

  #run(request: RunTaskCommandInput, fate: Fate): Answer {
    const definition = this.definitions.active(request.taskDefinition ?? "");
    if (!definition) throw new ApiError("ClientException", "TaskDefinition not found.");
    const names = (definition.containerDefinitions ?? []).map(({ name = "" }) => name);
    const refusal = refuseRun(request, names);
    if (refusal !== null) throw new ApiError("InvalidParameterException", refusal);
    const token = request.clientToken ?? "";
    const known = this.#tokens.get(token);
    const same = JSON.stringify(request);
    if (known && known.request !== same)
      throw new ApiError("ConflictException", "The client token was used for another request.");
    if (known) return { tasks: [describeTask(known.task)], failures: [] };
    const task = this.runTask(definition, request, fate);
    this.#tokens.set(token, { request: same, task });
    return { tasks: [describeTask(task)], failures: [] };
  }

  /** Starts a task without a call, as services of AWS do that have their jobs run by ECS. */
  runTask(definition: RegisterTaskDefinitionCommandInput, request: RunTaskCommandInput, fate: Fate): RunningTask {
    const task = new RunningTask(randomUUID().replaceAll("-", ""), definition, request, {
      engine: this.#engine,
      network: isOpen(request) ? "bridge" : (this.#network?.id ?? ""),
      pauseImage: this.#pauseImage,
      label,
      pulled: (image) => this.#pulled.add(image),
      metadataUrl: (id, container) => `${this.url}/v4/${id}/${container}`,
      ...fate,
    });
    this.tasks.push(task);
    return task;
  }

  /** The task metadata endpoint, version 4. */
  async #metadata(url: string): Promise<Answer> {
    const [, , id, , , stats] = url.split("/");
    const task = this.tasks.find((one) => one.id === id);
    const members = [...(task?.members ?? [])];
    if (stats === "stats") {
      const all = await Promise.all(
        members.map(async ([, { container, status }]): Promise<[string, unknown][]> => {
          if (!container || status !== "RUNNING") return [];
          const query = { stream: false, "one-shot": true } as { stream: false };
          return [[container.id, await container.stats(query).catch(() => null)]];
        }),
      );
      return Object.fromEntries(all.flat());
    }
    return {
      Cluster: clusterArn,
      TaskARN: task && arnOf(task),
      Containers: members.flatMap(([name, { container, status, exitCode }]) =>
        container
          ? {
              Name: name,
              DockerId: container.id,
              KnownStatus: status,
              ...(exitCode === null ? {} : { ExitCode: exitCode }),
            }
          : [],
      ),
    };
  }
}

const isOpen = ({ networkConfiguration }: RunTaskCommandInput): boolean =>
  networkConfiguration?.awsvpcConfiguration?.subnets?.[0] === testNetworks.open.subnets[0];

const arnOf = (task: RunningTask): string => `arn:aws:ecs:${region}:000000000000:task/test/${task.id}`;

const describeTask = (task: RunningTask): Answer => ({
  taskArn: arnOf(task),
  clusterArn,
  lastStatus: task.status,
  startedBy: task.request.startedBy,
  ...(task.status === "STOPPED" ? { stopCode: task.stopCode, stoppedReason: task.stoppedReason } : {}),
  containers: [...task.members].map(([name, { status, exitCode, reason }]) => ({
    name,
    lastStatus: status,
    ...(exitCode === null ? {} : { exitCode }),
    ...(reason === null ? {} : { reason }),
  })),
});

const listed = (task: RunningTask, { startedBy, desiredStatus = "RUNNING" }: Answer): boolean =>
  (startedBy === undefined || task.request.startedBy === startedBy) &&
  (desiredStatus === "STOPPED") === (task.stopCode !== null);
