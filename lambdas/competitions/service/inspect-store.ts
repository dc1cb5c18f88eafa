/**
 * Compares the object store with the database, a page at a time: which objects nothing refers to (orphans), and which files are
 * missing. The place in the listing is in the database, so a step may fail or take over from another. Nothing is deleted until an
 * administrator asks for it.
 */
import type { ObjectRef } from "../../../contract/job.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { ListedObject } from "../../kernel/objects/objects.ts";
import type { Part } from "../../kernel/db/page.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import {
  askForDeletion,
  beginDueInspection,
  findingsOf,
  finishDeletion,
  insertInspection,
  inspections,
  openInspection,
  orphansToDelete,
  recordOutcomes,
  recordPage,
  type Finding,
  type Inspection,
} from "../db/store-inspections.ts";
import { correctSizes, missingUploads, unreferencedResults, unreferencedUploads } from "../db/stored-keys.ts";

/** An inspection begins by itself this often. */
const everyDays = 7;
/** How many pages of a thousand objects one sweep lists: a million objects take less than two hours. */
const pagesAtOnce = 10;
/**
 * Younger objects are never orphans. Whoever writes one records it within a day: a signature is valid for a day, and a worker's
 * until the end of the job, which refers to its files until then.
 */
const safeAgeMs = 7 * 24 * 3600 * 1000;
const deletedAtOnce = 1000;
const answerAgeMs = 24 * 3600 * 1000;

const unreferenced = { uploads: unreferencedUploads, jobs: unreferencedResults };

/** Begins an inspection if it is time, and continues one that goes on. */
export async function inspectStore(context: Context): Promise<void> {
  await beginDueInspection(context.db, everyDays);
  for (let pages = 0; pages < pagesAtOnce; pages++) {
    const inspection = await openInspection(context.db);
    if (!inspection) return;
    await inspectPage(context, inspection);
  }
}

async function inspectPage(context: Context, inspection: Inspection): Promise<void> {
  const { db, objects } = context;
  const { bucket, listed_to: after } = inspection;
  const page = await objects.list({ bucket, key: "" }, after === "" ? {} : { startAfter: after });
  const last = page.objects.at(-1)?.ref.key ?? after;
  const findings = await findingsAmong(context, inspection, page.objects, page.truncated ? last : null);
  if (bucket === "jobs") await deleteAnswers(context, page.objects);
  if (bucket === "uploads")
    await correctSizes(
      db,
      page.objects.map(({ ref, size }) => ({ key: ref.key, size })),
    );
  const next = page.truncated
    ? { bucket, after: last }
    : bucket === "uploads"
      ? { bucket: "jobs" as const, after: "" }
      : null;
  const bytes = page.objects.reduce((sum, { size }) => sum + size, 0);
  await transact(context, (tx) => recordPage(tx, inspection, { next, objects: page.objects.length, bytes, findings }));
}

const isAnswer = ({ ref }: ListedObject) => ref.key.startsWith("answers/");

/** Deletes answers that were too large for Lambda and were fetched long ago. On AWS, a rule of the bucket was faster. */
async function deleteAnswers({ objects, now }: Context, listed: ListedObject[]): Promise<void> {
  const before = now().getTime() - answerAgeMs;
  const old = listed.filter((one) => isAnswer(one) && one.modified.getTime() < before);
  if (old.length > 0) await objects.deleteMany(old.map(({ ref }) => ref));
}

/** What is wrong with the objects of a page, and missing between its first and its last key. */
async function findingsAmong(
  { db, objects, now }: Context,
  { bucket, listed_to: after }: Inspection,
  listed: ListedObject[],
  to: string | null,
): Promise<Finding[]> {
  const old = new Map(
    listed
      .filter((one) => one.modified.getTime() < now().getTime() - safeAgeMs && !isAnswer(one))
      .map((object) => [object.ref.key, object]),
  );
  const orphans = (await unreferenced[bucket](db, [...old.keys()])).map((key): Finding => {
    const { size: bytes, modified } = old.get(key)!;
    return { key, kind: "orphan", bytes, modified };
  });
  if (bucket === "jobs") return orphans;
  const missing = await missingUploads(db, { after, to, found: listed.map(({ ref }) => ref.key) });
  for (const key of missing)
    // It may have been stored since the page was listed.
    if (!(await objects.head({ bucket, key }))) orphans.push({ key, kind: "missing", bytes: null, modified: null });
  return orphans;
}

/** Deletes orphans if an administrator has asked for it. Each is looked up again: what is referred to by now stays. */
export async function deleteOrphans({ db, objects }: Context): Promise<void> {
  const found = await orphansToDelete(db, deletedAtOnce);
  if (!found) return;
  const { inspection, orphans } = found;
  if (orphans.length === 0) return finishDeletion(db, inspection);
  for (const bucket of ["uploads", "jobs"] as const) {
    const keys = orphans.filter((one) => one.bucket === bucket).map(({ key }) => key);
    const still = new Set(await unreferenced[bucket](db, keys));
    const at = (some: string[]) => some.map((key): ObjectRef => ({ bucket, key }));
    await objects.deleteMany(at([...still]));
    await recordOutcomes(db, inspection, at([...still]), "deleted");
    await recordOutcomes(db, inspection, at(keys.filter((key) => !still.has(key))), "kept");
  }
}

const requireAdministrator = (actor: UserActor): void => {
  if (!may(actor, "storage.ofPlatform", null)) throw notAllowed("administrators");
};

/** Begins an inspection now, unless one goes on. */
export async function requestInspection(context: Context, by: UserAuthor): Promise<void> {
  requireAdministrator(by.actor);
  await transact(context, async (tx) => {
    const subject = await insertInspection(tx);
    await record(tx, by, { place: {}, kind: "store.inspected", subject, before: null, after: {} });
  });
}

/** The last report and the inspection that goes on. */
export function storeReport({ db }: Context, actor: UserActor) {
  requireAdministrator(actor);
  return inspections(db);
}

/** What the last inspection found. Undefined if none has finished. */
export async function storeFindings({ db }: Context, actor: UserActor, kind: Finding["kind"], part: Part) {
  requireAdministrator(actor);
  const { finished } = await inspections(db);
  return finished && findingsOf(db, finished.id, kind, part);
}

/** Asks to delete the orphans of the last report. */
export async function requestOrphanDeletion(context: Context, by: UserAuthor): Promise<void> {
  requireAdministrator(by.actor);
  await transact(context, async (tx) => {
    const { finished } = await inspections(tx);
    if (!finished)
      throw new Refusal(
        "conflict",
        "NO_INSPECTION",
        "The store has not been inspected yet. Begin an inspection first.",
      );
    if (!(await askForDeletion(tx, finished.id))) return;
    const { id, orphans, orphan_bytes: bytes } = finished;
    await record(tx, by, { place: {}, kind: "store.cleaned", subject: id, before: { orphans, bytes }, after: null });
  });
}
