/** Registers the job definitions of steps, and removes old ones. */
import {
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  RegisterJobDefinitionCommand,
} from "@aws-sdk/client-batch";
import type { BatchClient, JobDefinition, RegisterJobDefinitionCommandInput } from "@aws-sdk/client-batch";
import { retry } from "../../retry.ts";
import { refusalOfException } from "./failures.ts";
import { definitionPrefix, monthOf } from "./job-definition.ts";

const patienceMs = 120_000;

/**
 * The job definitions of a deployment's steps. AWS Batch does not say when one was registered, so its name says the month. It
 * is used in that month only, and removed when the next one has passed.
 */
export class JobDefinitions {
  readonly #client: BatchClient;
  readonly #deployment: string;
  readonly #known = new Map<string, Promise<void>>();

  constructor(client: BatchClient, deployment: string) {
    this.#client = client;
    this.#deployment = deployment;
  }

  /** Registers a job definition, unless there is one with its name. */
  async ensure(definition: RegisterJobDefinitionCommandInput): Promise<void> {
    const name = definition.jobDefinitionName ?? "";
    const known = this.#known.get(name) ?? this.#register(name, definition);
    this.#known.set(name, known);
    await known.catch((error: unknown) => {
      this.#known.delete(name);
      throw error;
    });
  }

  async #register(name: string, definition: RegisterJobDefinitionCommandInput): Promise<void> {
    const found = await this.#list({ jobDefinitionName: name });
    if (found.some(({ jobDefinitionName }) => jobDefinitionName === name)) return;
    await this.#retried(() => this.#client.send(new RegisterJobDefinitionCommand(definition)));
  }

  /** Removes the job definitions of the month before the last one and of earlier ones. Returns their number. */
  async removeUnused(now: Date): Promise<number> {
    const prefix = definitionPrefix(this.#deployment);
    const lastMonth = monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)));
    const old = (await this.#list({})).filter(({ jobDefinitionName = "" }) => {
      const [month = "", hash] = jobDefinitionName.slice(prefix.length).split("-");
      return jobDefinitionName.startsWith(prefix) && /^\d{6}$/.test(month) && hash !== undefined && month < lastMonth;
    });
    for (const { jobDefinitionArn } of old) {
      const command = new DeregisterJobDefinitionCommand({ jobDefinition: jobDefinitionArn });
      await this.#retried(() => this.#client.send(command));
    }
    return old.length;
  }

  async #list(which: { jobDefinitionName?: string }): Promise<JobDefinition[]> {
    const found: JobDefinition[] = [];
    let nextToken: string | undefined;
    do {
      const command = new DescribeJobDefinitionsCommand({ ...which, status: "ACTIVE", nextToken });
      const list = await this.#retried(() => this.#client.send(command));
      nextToken = list.nextToken;
      found.push(...(list.jobDefinitions ?? []));
    } while (nextToken !== undefined);
    return found;
  }

  #retried<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, { forMs: patienceMs, again: (error) => refusalOfException(error).kind === "throttled" });
  }
}
