import type { RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { ApiError } from "./api-error.ts";
import { refuseDefinition } from "./validate.ts";

type Answer = Record<string, unknown>;

/** One revision of a family. */
export interface Revision {
  arn: string;
  definition: RegisterTaskDefinitionCommandInput;
  registeredAt: Date;
  status: "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS";
}

/** Task definitions like in ECS: families with revisions, which must be deregistered before they are deleted. */
export class TestDefinitions {
  readonly revisions: Revision[] = [];
  readonly #prefix: string;
  readonly #numbers = new Map<string, number>();

  /** `prefix` is the prefix of ARNs: `arn:aws:ecs:region:account`. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The newest active revision of a family; undefined if there is none. */
  active(family: string): RegisterTaskDefinitionCommandInput | undefined {
    return this.revisions.findLast((one) => one.definition.family === family && one.status === "ACTIVE")?.definition;
  }

  register(definition: RegisterTaskDefinitionCommandInput): Answer {
    const refusal = refuseDefinition(definition);
    if (refusal !== null) throw new ApiError("ClientException", refusal);
    const { family = "" } = definition;
    const number = (this.#numbers.get(family) ?? 0) + 1;
    this.#numbers.set(family, number);
    const revision: Revision = {
      arn: `${this.#prefix}:task-definition/${family}:${number}`,
      definition,
      registeredAt: new Date(),
      status: "ACTIVE",
    };
    this.revisions.push(revision);
    return described(revision);
  }

  /** By family or ARN. An inactive definition can only be found with its revision. */
  describe(name: string): Answer {
    const found = this.revisions.findLast(
      (one) => one.arn === name || (one.definition.family === name && one.status === "ACTIVE"),
    );
    if (!found) throw new ApiError("ClientException", "Unable to describe task definition.");
    return described(found);
  }

  list(status: string): Answer {
    return { taskDefinitionArns: this.revisions.flatMap((one) => (one.status === status ? one.arn : [])) };
  }

  deregister(arn: string): Answer {
    const found = this.revisions.find((one) => one.arn === arn);
    if (!found) throw new ApiError("ClientException", "The specified task definition does not exist.");
    found.status = "INACTIVE";
    return described(found);
  }

  delete(arns: string[]): Answer {
    if (arns.length > 10) throw new ApiError("InvalidParameterException", "at most 10 task definitions");
    const failures = [];
    for (const arn of arns) {
      const found = this.revisions.find((one) => one.arn === arn);
      if (found?.status === "INACTIVE") found.status = "DELETE_IN_PROGRESS";
      else failures.push({ arn, reason: "The specified task definition is still in ACTIVE status." });
    }
    return { taskDefinitions: [], failures };
  }
}

const described = ({ arn, definition, registeredAt, status }: Revision): Answer => ({
  taskDefinition: { ...definition, taskDefinitionArn: arn, status, registeredAt: registeredAt.getTime() / 1000 },
});
