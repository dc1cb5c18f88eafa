import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { nameOfRequest, type HostOrder } from "../../jobs/rules/capacity-request.ts";
import { readEnvironment } from "../../kernel/environment.ts";
import { processLog } from "../../kernel/log.ts";
import { makeHosts } from "../requested-hosts/make.ts";
import { removeHosts } from "../requested-hosts/remove.ts";
import type { HostMessage } from "./host-orders.ts";

/**
 * Runs outside the VPC, once a minute. Makes, limits and removes the capacity providers that owners of queues requested. It takes
 * all orders anew each time and repeats what a crash or AWS has left undone.
 */
export async function handler(): Promise<void> {
  const { ECS_CLUSTER, HOST_NAME_PREFIX, GPU_TEMPLATE, PLAIN_TEMPLATE, HOST_SUBNETS } = readEnvironment("hosts");
  const place = {
    cluster: ECS_CLUSTER,
    templates: { gpu: GPU_TEMPLATE, plain: PLAIN_TEMPLATE },
    subnets: HOST_SUBNETS.split(","),
  };
  // One after the other, because a cluster takes one change of its providers at a time.
  for (const order of (await tellInside({ type: "take" })) as HostOrder[]) {
    const { id, action } = order;
    const name = HOST_NAME_PREFIX + nameOfRequest(id);
    try {
      const isDone = action === "make" ? await makeHosts(name, order, place) : await removeHosts(name, place.cluster);
      if (isDone) await tellInside({ type: "done", id, action });
    } catch (error) {
      processLog().error("hosts.failed", { request: id, error });
      const { name: kind, message } = error as Error;
      await tellInside({ type: "failed", id, problem: `${kind}: ${message}`.slice(0, 1000) });
    }
  }
}

async function tellInside(message: HostMessage): Promise<unknown> {
  const { HOST_ORDERS_FUNCTION } = readEnvironment("hosts");
  const { FunctionError, Payload } = await new LambdaClient({}).send(
    new InvokeCommand({ FunctionName: HOST_ORDERS_FUNCTION, Payload: JSON.stringify(message) }),
  );
  if (FunctionError || !Payload) throw new Error("the function inside failed");
  return JSON.parse(Payload.transformToString());
}
