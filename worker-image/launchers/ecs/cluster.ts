/** The calls to ECS that run, describe and stop ECS tasks. */
import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import type { ECSClient, RunTaskCommandInput, Task } from "@aws-sdk/client-ecs";
import type { StoppedEcsTask } from "../../../contract/job.ts";
import type { Log } from "../../log.ts";
import { retry } from "../../retry.ts";
import type { PlaceRefusal, SeenPlacement } from "../placed/backend.ts";
import { Watcher } from "../placed/watcher.ts";
import { refusalOfException, refusalOfReason } from "./failures.ts";
import type { RunRefusal } from "./failures.ts";

/** The maximum number of ECS tasks in one DescribeTasks call. */
const describeBatch = 100;
/** How long a call is repeated when ECS throttles it or does not answer. */
const patienceMs = 120_000;
const throttled = (error: unknown): boolean => refusalOfException(error).kind === "throttled";

/**
 * One cluster in which ECS tasks run. Methods repeat throttled calls for a while, and then throw the error of the SDK.
 */
export class Cluster {
  readonly #client: ECSClient;
  readonly #arn: string;
  readonly #log: Log;
  readonly #watcher: Watcher;

  constructor(client: ECSClient, arn: string, lookPauseMs: number, log: Log) {
    this.#client = client;
    this.#arn = arn;
    this.#log = log;
    this.#watcher = new Watcher({
      look: async (arns) =>
        new Map((await this.#describe(arns)).map((task) => [task.taskArn ?? "", seenEcsTask(task)])),
      batch: describeBatch,
      pauseMs: lookPauseMs,
      log,
    });
  }

  /**
   * Starts an ECS task, or finds the one that the same request started before. Returns its ARN, or why ECS did not start it.
   * Throws only when `signal` is aborted.
   */
  async place(request: RunTaskCommandInput, signal: AbortSignal): Promise<string | PlaceRefusal> {
    const answer = await this.#run(request, signal);
    if (typeof answer === "string" || answer.kind !== "conflict") return answer;
    return (await this.#findStartedBy(String(request.startedBy))) ?? { kind: "throttled" };
  }

  async #run(request: RunTaskCommandInput, signal: AbortSignal): Promise<string | RunRefusal> {
    try {
      const { tasks = [], failures = [] } = await retry(() => this.#client.send(new RunTaskCommand(request)), {
        forMs: patienceMs,
        again: throttled,
        signal,
      });
      const arn = tasks[0]?.taskArn;
      if (arn !== undefined) return arn;
      return refusalOfReason(
        failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(" ")).join("; ") ||
          "no reason given",
      );
    } catch (error) {
      signal.throwIfAborted();
      return refusalOfException(error);
    }
  }

  /** The ARN of the ECS task that was started with a name, if it runs or stopped recently. */
  async #findStartedBy(startedBy: string): Promise<string | undefined> {
    for (const desiredStatus of ["RUNNING", "STOPPED"] as const) {
      const command = new ListTasksCommand({ cluster: this.#arn, startedBy, desiredStatus });
      const { taskArns = [] } = await this.#retried(() => this.#client.send(command));
      if (taskArns[0] !== undefined) return taskArns[0];
    }
    return undefined;
  }

  /** All ECS tasks of the cluster that should run, with the name that they were started with. */
  async running(): Promise<{ arn: string; startedBy: string }[]> {
    const found: { arn: string; startedBy: string }[] = [];
    let nextToken: string | undefined;
    do {
      const list = await this.#retried(() =>
        this.#client.send(new ListTasksCommand({ cluster: this.#arn, nextToken })),
      );
      nextToken = list.nextToken;
      for (const { taskArn = "", startedBy = "" } of await this.#describe(list.taskArns ?? []))
        found.push({ arn: taskArn, startedBy });
    } while (nextToken !== undefined);
    return found;
  }

  /** The containers of an ECS task, with the reasons of their ends as far as its agent has told ECS. */
  async containersOf(arn: string): Promise<StoppedEcsTask["containers"]> {
    const [task] = await this.#describe([arn]);
    return task ? seenContainers(task) : [];
  }

  /** Stops an ECS task. Has no effect on one that has ended. */
  async stop(arn: string, reason: string, log = this.#log): Promise<void> {
    const command = new StopTaskCommand({ cluster: this.#arn, task: arn, reason: reason.slice(0, 255) });
    await this.#retried(() => this.#client.send(command)).catch((error: Error) => {
      log.warn("task.unstopped", { task: arn, error });
    });
  }

  /** Calls `listener` with the state of an ECS task repeatedly, until the returned function is called. */
  watch(arn: string, listener: (task: SeenPlacement | "missing") => void): () => void {
    return this.#watcher.watch(arn, listener);
  }

  async #describe(arns: string[]): Promise<Task[]> {
    if (arns.length === 0) return [];
    const { tasks = [] } = await this.#retried(() =>
      this.#client.send(new DescribeTasksCommand({ cluster: this.#arn, tasks: arns })),
    );
    return tasks;
  }

  #retried<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, { forMs: patienceMs, again: throttled });
  }
}

const seenContainers = ({ containers = [] }: Task): StoppedEcsTask["containers"] =>
  containers.map(({ name = "", exitCode, reason }) => ({ name, exitCode: exitCode ?? null, reason: reason ?? null }));

function seenEcsTask(task: Task): SeenPlacement {
  const { lastStatus = "", stopCode, stoppedReason = "" } = task;
  const stopped = { code: stopCode ?? null, reason: stoppedReason, containers: seenContainers(task) };
  return { hasHost: lastStatus !== "PROVISIONING", stopped: lastStatus === "STOPPED" ? stopped : null };
}
