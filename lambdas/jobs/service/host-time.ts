/** Bills the time of EC2 hosts without a step to the queue that caused it. */
import type { Host } from "../../../contract/capacity-profile.ts";
import { transact, type Context } from "../../kernel/context.ts";
import {
  countHosts,
  forgetEndedHosts,
  heldSeconds,
  lastQueueOf,
  lockOpenTime,
  openProviders,
  requestOfProvider,
  setOpenTime,
  type SeenHost,
} from "../db/host-time.ts";
import { addHostSpending } from "../db/spending.ts";
import { priceOfHost } from "../rules/cost.ts";
import { settle } from "../rules/host-time.ts";

/** A capacity provider with the hosts that it has now. */
export interface SeenProvider {
  /** Its name in ECS. */
  name: string;
  /** What its hosts are; null for requested ones, of which the database knows it. */
  host: Host | null;
  hosts: SeenHost[];
}

/**
 * Counts the time of hosts since the last look, and bills what belongs to no step. Another look at the same hosts counts only the
 * time between, and a look that is lost is made good by the next.
 */
export async function countHostTime(context: Context, seen: SeenProvider[]): Promise<void> {
  const names = new Set(seen.map(({ name }) => name));
  const gone = (await openProviders(context.db)).filter((name) => !names.has(name));
  for (const provider of [...seen, ...gone.map((name) => ({ name, host: null, hosts: [] }))])
    await countProvider(context, provider);
  await forgetEndedHosts(context.db);
}

async function countProvider(context: Context, { name, host, hosts }: SeenProvider): Promise<void> {
  await transact(context, async (tx) => {
    const open = (await lockOpenTime(tx, name)) + (await countHosts(tx, hosts));
    const { idleSeconds, openSeconds } = settle(open, await heldSeconds(tx, name));
    await setOpenTime(tx, name, openSeconds);
    const request = host ? undefined : await requestOfProvider(tx, name);
    const compute = host ?? request?.profile.compute;
    if (compute === undefined || typeof compute === "string") return;
    const { microsPerHour } = priceOfHost(compute, context.environment.AWS_REGION) ?? { microsPerHour: 0 };
    const micros = Math.round((microsPerHour * idleSeconds) / 3600);
    if (micros > 0) await addHostSpending(tx, request?.queueId ?? (await lastQueueOf(tx, name)), micros);
  });
}
