/** The environment that a launch adds to its containers. */
import { correlationVariable, superviseVariables } from "../../ecs-task/contract.ts";
import { stageName, superviseName } from "../ecs/task-definition.ts";
import type { Placement } from "./backend.ts";

type Variables = { name: string; value: string }[];

/** What a launch tells the containers of ours: which order to fetch, and for whose request, for their logs. */
export function launchVariables({
  number,
  orderUrl,
  correlationId,
}: Pick<Placement, "number" | "orderUrl" | "correlationId">): { name: string; environment: Variables }[] {
  // Programs keep the environment that they expect.
  const correlation = correlationId === undefined ? [] : [{ name: correlationVariable, value: correlationId }];
  return [
    ...(correlationId === undefined ? [] : [{ name: stageName, environment: correlation }]),
    {
      name: superviseName,
      environment: [
        ...correlation,
        { name: superviseVariables.order, value: orderUrl },
        { name: superviseVariables.launch, value: String(number) },
      ],
    },
  ];
}

/** The tags of a launch, for bills and for people who look for it. */
export const launchTags = ({ attempt, step, correlationId }: Placement): Record<string, string> => ({
  "benchstack:attempt": attempt,
  "benchstack:step": step.name,
  ...(correlationId === undefined ? {} : { "benchstack:correlation": correlationId }),
});
