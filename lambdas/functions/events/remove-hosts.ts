import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { processLog } from "../../kernel/log.ts";
import { customResource } from "../custom-resource.ts";
import { groupNames, removeHosts } from "../requested-hosts/remove.ts";

const properties = z.object({ prefix: z.string().min(1), cluster: z.string() });

const maxMs = 10 * 60 * 1000;
const pauseMs = 5_000;

/**
 * The custom resource `Custom::RequestedHosts`. Removes all capacity providers that were made at run time, and their hosts, before
 * CloudFormation deletes the cluster and the network. A failure keeps no stack from being deleted.
 */
export const handler = customResource(async ({ RequestType, ResourceProperties }) => {
  const { prefix, cluster } = properties.parse(ResourceProperties);
  if (RequestType === "Delete")
    await removeAll(prefix, cluster).catch((error: unknown) =>
      processLog().error("removal.failed", { what: "requested hosts", error }),
    );
  return { PhysicalResourceId: prefix };
});

async function removeAll(prefix: string, cluster: string): Promise<void> {
  const until = Date.now() + maxMs;
  const names = await groupNames(prefix);
  for (const name of names)
    while (!(await removeHosts(name, cluster))) {
      if (Date.now() > until) throw new Error(`${name} did not end in ${maxMs / 60_000} minutes`);
      await pause(pauseMs);
    }
}
