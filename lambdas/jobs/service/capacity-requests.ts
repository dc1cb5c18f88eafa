/** Lets owners of queues request hosts, and administrators decide about it. */
import type { JobSpec, RuntimeProfile } from "../../../contract/job.ts";
import type { Fields } from "../../accounts/rules/audit.ts";
import { record, thePlatform, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import { post } from "../../accounts/service/mail.ts";
import { afterCommit, transact, type Context } from "../../kernel/context.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { lockBudget, storeBudget } from "../db/budgets.ts";
import {
  findRequest,
  insertRequest,
  moveRequest,
  newsOfRequest,
  noteProblem,
  openRequests,
  placedRequests,
  requestedProfiles,
  requestsOfQueue,
  unusedRequests,
  type CapacityRequestRow,
} from "../db/capacity-requests.ts";
import { usd } from "../rules/budget.ts";
import {
  maxTries,
  nameOfRequest,
  news,
  offeredHosts,
  profileOfRequest,
  unusedDays,
  whyNotOffered,
  type HostOrder,
  type OfferedHost,
  type RequestState,
  type WantedHosts,
} from "../rules/capacity-request.ts";
import { priceOfHost } from "../rules/cost.ts";
import { ownQueue, runnableQueue } from "./queues.ts";

export type { CapacityRequestRow } from "../db/capacity-requests.ts";

const noSuchRequest = () => new Refusal("not-found", "NO_SUCH_REQUEST", "This queue has no such request.");
const decided = () =>
  new Refusal("conflict", "REQUEST_CHANGED", "This is not possible in the state that the request has now. Look again.");

/** What may be requested here. Nothing where the platform starts no hosts. */
export function hostOffer({ environment: { HOST_OFFER: offer, AWS_REGION } }: Context): {
  hosts: OfferedHost[];
  maxHosts: number;
  approvedUsd: number;
} {
  if (!offer) return { hosts: [], maxHosts: 0, approvedUsd: 0 };
  return { hosts: offeredHosts(offer, AWS_REGION), maxHosts: offer.maxHosts, approvedUsd: offer.approvedUsd };
}

/** The requests of a queue, for those who run it. */
export const capacityOfQueue = async (context: Context, actor: UserActor, queueId: string) =>
  requestsOfQueue(context.db, (await runnableQueue(context, actor, queueId)).id);

/** All requests that are not over, for administrators. */
export async function allCapacityRequests({ db }: Context, actor: UserActor): Promise<CapacityRequestRow[]> {
  if (!may(actor, "capacity.decide", null)) throw notAllowed("administrators");
  return openRequests(db);
}

/**
 * Requests hosts for a queue. A request for little money is approved by the deployment's policy; the others wait for an
 * administrator. Refused where the platform cannot start hosts.
 */
export async function requestCapacity(
  context: Context,
  by: UserAuthor,
  queueId: string,
  wanted: WantedHosts & { why: string | null },
): Promise<CapacityRequestRow> {
  const queue = await ownQueue(context, by.actor, queueId);
  const { HOST_OFFER: offer, AWS_REGION } = context.environment;
  if (!offer)
    throw new Refusal(
      "invalid",
      "NO_HOSTS_HERE",
      "This platform starts no hosts on request. That needs a deployment to AWS with isolation dark and the option hostOffer, which its administrator sets. Your own machines can join as workers of the queue instead.",
    );
  if (queue.owner === null || queue.step_profiles === null)
    throw new Refusal(
      "invalid",
      "NOT_SERVED_BY_PLATFORM",
      "Hosts are for queues of organizers that run on the platform's capacity profiles. Choose profiles for this queue first.",
    );
  const why = whyNotOffered(wanted, offer);
  if (why) throw new Refusal("invalid", "NOT_OFFERED", why[1], { [why[0]]: [why[1]] });
  const profile = profileOfRequest(wanted, offer, queue.owner);
  const host = profile.compute!;
  if (typeof host === "string" || !priceOfHost(host, AWS_REGION))
    throw new Refusal("invalid", "NO_PRICE", "The price of this instance type is not known, so no budget can stop it.");
  const owner = queue.owner_id;
  return transact(context, async (tx) => {
    const id = await insertRequest(tx, { ...wanted, queueId, requestedBy: by.actor.id, profile });
    if (id === undefined)
      throw new Refusal("conflict", "REQUESTED_ALREADY", "This queue has a request already. Stop that one first.");
    const fields = { instance_type: wanted.instanceType, hosts: wanted.hosts, spot: wanted.spot };
    await note(tx, by, "capacity.requested", queueId, id, null, {
      ...fields,
      monthly_usd: wanted.monthlyUsd.toFixed(2),
    });
    if (by.actor.isSuperuser || (owner !== null && wanted.monthlyUsd <= offer.approvedUsd))
      await approve(tx, by.actor.isSuperuser ? by : thePlatform, (await findRequest(tx, queueId, id))!);
    else await tell(tx, context, id, "requested");
    return (await findRequest(tx, queueId, id))!;
  });
}

/** Approves a request, or refuses it with a reason. */
export async function decideCapacity(
  context: Context,
  by: UserAuthor,
  queueId: string,
  id: string,
  decision: { approved: boolean; why: string | null },
): Promise<CapacityRequestRow> {
  const queue = await runnableQueue(context, by.actor, queueId);
  if (!may(by.actor, "capacity.decide", null)) throw notAllowed("administrators");
  return transact(context, async (tx) => {
    const request = await findRequest(tx, queue.id, id);
    if (!request) throw noSuchRequest();
    if (decision.approved) await approve(tx, by, request);
    else {
      const more = { problem: decision.why, decidedBy: by.actor.id };
      if (!(await moveRequest(tx, id, ["requested"], "refused", more))) throw decided();
      await note(tx, by, "capacity.refused", queueId, id, { state: "requested" }, { state: "refused" });
      await tell(tx, context, id, "refused");
    }
    return (await findRequest(tx, queueId, id))!;
  });
}

/** Approves a request. Its amount becomes the queue's monthly budget, unless that is lower already. */
async function approve(tx: Tx, by: Author, request: CapacityRequestRow): Promise<void> {
  const { id, queueId, queue, monthlyMicros } = request;
  const more = by.actor === null ? {} : { decidedBy: by.actor.id };
  if (!(await moveRequest(tx, id, ["requested", "failed"], "approved", more))) throw decided();
  await note(tx, by, "capacity.approved", queueId, id, { state: request.state }, { state: "approved" });
  const before = await lockBudget(tx, "queue", queueId);
  if (before && before.monthlyMicros <= monthlyMicros) return;
  await storeBudget(tx, {
    scope: "queue",
    key: queueId,
    label: `the queue ${queue}`,
    monthlyMicros,
    // The approval is for this amount, so the owner cannot raise it alone.
    isOfAdministrator: true,
    setBy: by.actor?.id ?? null,
  });
  const is = { monthly_usd: usd(monthlyMicros) };
  const was = before ? { monthly_usd: usd(before.monthlyMicros) } : null;
  await record(tx, by, { place: { queue: queueId }, kind: "budget.set", subject: queueId, before: was, after: is });
}

/** Takes a request back, or stops the hosts that it became. Their running jobs end first. */
export async function stopCapacity(context: Context, by: UserAuthor, queueId: string, id: string): Promise<void> {
  const queue = await ownQueue(context, by.actor, queueId);
  await transact(context, async (tx) => {
    const request = await findRequest(tx, queue.id, id);
    if (!request) throw noSuchRequest();
    const isOnlyRequested = request.state === "requested";
    const stopped = isOnlyRequested
      ? await moveRequest(tx, id, ["requested"], "removed")
      : await moveRequest(tx, id, ["approved", "creating", "ready", "failed"], "stopping");
    if (!stopped) throw decided();
    const state = isOnlyRequested ? "removed" : "stopping";
    await note(tx, by, "capacity.stopped", queueId, id, { state: request.state }, { state });
  });
}

/** Stops hosts of deleted queues, and hosts that no job has used for a month. */
export async function stopUnusedCapacity(context: Context): Promise<void> {
  for (const id of await unusedRequests(context.db, unusedDays))
    await transact(context, async (tx) => {
      if (!(await moveRequest(tx, id, ["approved", "creating", "ready"], "stopping"))) return;
      await tell(tx, context, id, "stopping");
      afterCommit(tx, () => context.log.info("capacity.changed", { request: id, state: "stopping" }));
    });
}

/** What has to be done at AWS for requests. A new request becomes `creating` with this. */
export async function hostOrders(context: Context): Promise<HostOrder[]> {
  return transact(context, async (tx) => {
    const placed = await placedRequests(tx);
    for (const { id, state } of placed) if (state === "approved") await moveRequest(tx, id, ["approved"], "creating");
    return placed.map(({ id, state, hosts, isOutOfMoney, instanceType, spot, gpus, queueId }) => ({
      ...{ id, instanceType, spot, queue: queueId, hasGpu: gpus > 0 },
      action: state === "stopping" ? "remove" : "make",
      maxHosts: isOutOfMoney ? 0 : hosts,
    }));
  });
}

/** The profiles of a job that were made at run time. Workers do not know them. Those of requests that are being stopped are left out. */
export async function runtimeProfilesOf(db: Db, { steps }: JobSpec): Promise<Record<string, RuntimeProfile>> {
  const names = new Set(steps.map(({ profile }) => profile));
  return Object.fromEntries(
    (await requestedProfiles(db)).flatMap(({ id, profile: { cpu, memoryMiB, diskGiB, gpus } }) => {
      const name = nameOfRequest(id);
      return names.has(name) ? [[name, { cpu, memoryMiB, diskGiB, gpus, capacity: name }]] : [];
    }),
  );
}

/** Notes that an order was carried out. False if the request has another order by now. */
export async function orderDone(context: Context, id: string, action: HostOrder["action"]): Promise<void> {
  const [from, to] = action === "make" ? (["creating", "ready"] as const) : (["stopping", "removed"] as const);
  await transact(context, async (tx) => {
    if (!(await moveRequest(tx, id, [from], to))) return;
    if (to === "ready") await tell(tx, context, id, to);
    afterCommit(tx, () => context.log.info("capacity.changed", { request: id, state: to }));
  });
}

/** Notes that an order failed. It is given again, until a capacity provider could not be made too often. */
export async function orderFailed(context: Context, id: string, problem: string): Promise<void> {
  await transact(context, async (tx) => {
    if ((await noteProblem(tx, id, problem)) < maxTries) return;
    if (!(await moveRequest(tx, id, ["creating"], "failed", { problem }))) return;
    await tell(tx, context, id, "failed");
    afterCommit(tx, () => context.log.info("capacity.changed", { request: id, state: "failed", problem }));
  });
}

/** Sends mail about a request: to administrators if it waits for them, else to the person who made it. */
async function tell(tx: Tx, context: Context, id: string, state: Parameters<typeof news>[1]): Promise<void> {
  const request = await newsOfRequest(tx, id);
  const recipients = state === "requested" ? request.administrators : [request.requester];
  const known = recipients.flatMap((address) => address ?? []);
  if (known.length > 0) await post(tx, context, [{ recipients: known, ...news(request, state) }]);
}

const note = (
  tx: Tx,
  by: Author,
  kind: "capacity.requested" | "capacity.approved" | "capacity.refused" | "capacity.stopped",
  queue: string,
  subject: string,
  before: { state: RequestState } | null,
  after: Fields,
): Promise<void> => record(tx, by, { place: { queue }, kind, subject, before, after });
