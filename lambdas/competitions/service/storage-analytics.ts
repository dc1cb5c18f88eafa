/** What the platform, people and competitions store, for administrators and organizers. */
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { notAllowed } from "../../kernel/refusal.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { largestFiles, storageOfParticipants, storedByKind } from "../db/storage.ts";
import {
  competitionSnapshots,
  lastSnapshot,
  personSnapshots,
  platformSnapshots,
  storageOfCompetitions,
  storageOfPeople,
  type Period,
} from "../db/storage-snapshots.ts";
import { storedKinds, type ListedKind } from "../rules/storage.ts";
import { competitionFor } from "./access.ts";
import { usageOf } from "./quota.ts";

/** What a person stores, in all and by kind, and may store. */
export async function ownStorage(context: Context, userId: number) {
  const { used, quota } = await usageOf(context, context.db, userId);
  const found = await storedByKind(context.db, userId);
  const kinds = storedKinds.map((kind) => found.find((one) => one.kind === kind) ?? { kind, files: 0, bytes: 0 });
  return { used, quota, kinds };
}

export const ownFiles = ({ db }: Context, userId: number, kind: ListedKind | undefined, part: Part) =>
  largestFiles(db, userId, kind, part);

/** What participants store in a competition. Only its organizers see that. */
export async function participantStorage(context: Context, actor: UserActor, competitionId: number, part: Part) {
  const { competition } = await competitionFor(context, actor, competitionId, "competition.participants");
  return storageOfParticipants(context.db, competition.id, part);
}

function requireAdministrator(actor: UserActor): void {
  if (!may(actor, "storage.ofPlatform", null)) throw notAllowed("administrators");
}

export async function peopleStorage(context: Context, actor: UserActor, search: string | undefined, part: Part) {
  requireAdministrator(actor);
  const { count, rows } = await storageOfPeople(context.db, search, part);
  const quota = context.environment.STORAGE_QUOTA_BYTES;
  return { count, rows: rows.map((row) => ({ ...row, quota_bytes: row.quota_bytes ?? quota })) };
}

export function competitionStorage({ db }: Context, actor: UserActor, part: Part) {
  requireAdministrator(actor);
  return storageOfCompetitions(db, part);
}

const series = { platform: platformSnapshots, competition: competitionSnapshots, person: personSnapshots };

/** The weekly snapshots of a period, and when the last one was taken. */
export async function snapshots<Of extends keyof typeof series>(
  { db }: Context,
  actor: UserActor,
  of: Of,
  period: Period,
): Promise<{ last: Date | null; rows: Awaited<ReturnType<(typeof series)[Of]>> }> {
  requireAdministrator(actor);
  return { last: await lastSnapshot(db), rows: (await series[of](db, period)) as never };
}
