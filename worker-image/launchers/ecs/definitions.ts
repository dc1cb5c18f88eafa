/** Registers the task definitions of steps, and removes old ones. */
import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import type { ECSClient, RegisterTaskDefinitionCommandInput, TaskDefinition } from "@aws-sdk/client-ecs";
import { retry } from "../../retry.ts";
import { isOurs } from "./task-definition.ts";
import { refusalOfException } from "./failures.ts";

const day = 24 * 60 * 60_000;
/** How long this process assumes that a task definition is registered after it has seen it. */
const knownForMs = day;
/** A task definition that is used at this age is registered again ... */
const freshForMs = 14 * day;
/** ... so nobody uses one of this age. */
const unusedAfterMs = 30 * day;
/** The maximum number of task definitions in one DeleteTaskDefinitions call. */
const deleteBatch = 10;
const patienceMs = 120_000;

/**
 * The task definitions of steps in this account and region. They are registered when a step needs them and removed a
 * month later. ECS's time of registration is the only record of their use. Methods repeat throttled calls for a while,
 * and then throw the error of the SDK.
 */
export class Definitions {
  readonly #client: ECSClient;
  readonly #known = new Map<string, { until: number; registered: Promise<void> }>();

  constructor(client: ECSClient) {
    this.#client = client;
  }

  /**
   * Registers a task definition, unless its family was registered recently. The name of a family contains a hash of the
   * content.
   */
  async ensure(definition: RegisterTaskDefinitionCommandInput): Promise<void> {
    const family = definition.family ?? "";
    let known = this.#known.get(family);
    if (!known || known.until < Date.now()) {
      known = { until: Date.now() + knownForMs, registered: this.#register(family, definition) };
      this.#known.set(family, known);
    }
    await known.registered.catch((error: unknown) => {
      this.#known.delete(family);
      throw error;
    });
  }

  async #register(family: string, definition: RegisterTaskDefinitionCommandInput): Promise<void> {
    const found = await this.#describe(family);
    if (found?.status === "ACTIVE" && ageOf(found) < freshForMs) return;
    await this.#retried(() => this.#client.send(new RegisterTaskDefinitionCommand(definition)));
  }

  /**
   * Removes task definitions of steps that nobody used for a month, and returns their number. Running ECS tasks
   * continue.
   */
  async removeUnused(): Promise<number> {
    for (const arn of await this.#list("ACTIVE")) {
      const found = await this.#describe(arn);
      if (found === null || ageOf(found) < unusedAfterMs) continue;
      await this.#retried(() => this.#client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn })));
    }
    const inactive = await this.#list("INACTIVE");
    for (let at = 0; at < inactive.length; at += deleteBatch) {
      const command = new DeleteTaskDefinitionsCommand({ taskDefinitions: inactive.slice(at, at + deleteBatch) });
      await this.#retried(() => this.#client.send(command));
    }
    return inactive.length;
  }

  /** The task definition; null when there is none. */
  async #describe(taskDefinition: string): Promise<TaskDefinition | null> {
    const command = new DescribeTaskDefinitionCommand({ taskDefinition });
    return this.#retried(() => this.#client.send(command)).then(
      (answer) => answer.taskDefinition ?? null,
      (error: Error) => {
        if (error.name !== "ClientException") throw error;
        return null;
      },
    );
  }

  /** The ARNs of task definitions of steps. */
  async #list(status: "ACTIVE" | "INACTIVE"): Promise<string[]> {
    const found: string[] = [];
    let nextToken: string | undefined;
    do {
      const command = new ListTaskDefinitionsCommand({ status, nextToken });
      const list = await this.#retried(() => this.#client.send(command));
      nextToken = list.nextToken;
      found.push(...(list.taskDefinitionArns ?? []).filter(isOurs));
    } while (nextToken !== undefined);
    return found;
  }

  #retried<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, { forMs: patienceMs, again: (error) => refusalOfException(error).kind === "throttled" });
  }
}

const ageOf = ({ registeredAt }: TaskDefinition): number => Date.now() - (registeredAt?.getTime() ?? Date.now());
