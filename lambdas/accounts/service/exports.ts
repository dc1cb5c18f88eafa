/** Exports what the platform has about a person, as zips that people get with links for some days. */
import {
  beginExport,
  endExport,
  exportsOf,
  forgetExpiredExports,
  forgetExportsOf,
  insertExport,
  keepExport,
  postponeExport,
  releaseExport,
  saveExport,
  secondsToNextExport,
  stalledExports,
  type Export,
} from "../db/account-exports.ts";
import { lockAccount } from "../db/account-deletions.ts";
import type { ExportProgress } from "../db/tables.ts";
import { findUser } from "../db/users.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { zipOf, type ZippedFile } from "../../kernel/objects/zip-objects.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { record } from "./audit.ts";
import type { Belongings, ExportedFile, ExportedPiece } from "./belongings.ts";
import { post } from "./mail.ts";

/** How long the files of an export are kept. */
const keptDays = 7;
/** How long after an export the next one may begin. */
const pauseHours = 24;
const linkSeconds = 3600;
/** A zip is closed when it has this much, so that a function writes it in its time, and people can fetch it. */
const maxZip = { bytes: 5e9, files: 10_000 };
/** A larger file is not copied into a zip: the export has a link to it. */
const maxZippedBytes = 2e9;
/** An attempt holds an export for this time after its last sign of life. It gives one every few seconds. */
const leaseSeconds = 120;
const reportEveryMs = 2000;
/** An export fails after this many attempts in a row that wrote nothing. The pauses between them double. */
const maxFailures = 6;
const firstPauseSeconds = 15;
const maxUploadsInMessage = 500;

/** Asks for an export of the actor's data. Refused while there is one, and for a day after the last. */
export async function requestExport(context: Context, actor: UserActor): Promise<number> {
  return transact(context, async (tx) => {
    await lockAccount(tx, actor.id);
    const wait = await secondsToNextExport(tx, actor.id, pauseHours);
    if (wait > 0)
      throw new Refusal(
        "too-many",
        "EXPORTED_LATELY",
        `Your data was exported in the last ${pauseHours} hours. Fetch that export, or ask again later.`,
        {},
        wait,
      );
    const id = await insertExport(tx, actor.id);
    if (id === undefined)
      throw new Refusal(
        "conflict",
        "EXPORT_IN_PROGRESS",
        "Your data is being exported. You get a mail when it is done.",
      );
    await record(
      tx,
      { actor, reason: null },
      { place: {}, kind: "user.export_requested", subject: actor.id, before: null, after: null },
    );
    await enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "export", export: id });
    return id;
  });
}

/** The actor's exports, with a link to each file, valid for an hour. */
export async function ownExports({ db, objects }: Context, actor: UserActor) {
  const found = await exportsOf(db, actor.id);
  return Promise.all(
    found.map(async ({ progress: { parts, large }, ...rest }) => {
      if (rest.status !== "Finished") return { ...rest, files: [] };
      const zips = parts.map(({ key, size }, index) => ({
        ref: { bucket: "uploads" as const, key },
        name: zipName(index),
        size,
      }));
      const others = large.map(({ bucket, key, path, size }) => ({ ref: { bucket, key }, name: path, size }));
      const files = await Promise.all(
        [...zips, ...others].map(async ({ ref, name, size }) => ({
          name,
          size,
          url: await objects.signGet(ref, { seconds: linkSeconds, downloadName: name.replaceAll("/", "_") }),
        })),
      );
      return { ...rest, files };
    }),
  );
}

const zipName = (index: number) => (index === 0 ? "account.zip" : `files-${String(index).padStart(3, "0")}.zip`);

/** Asks again for exports whose message was lost or whose attempt ended without a word. */
export async function continueStalledExports(context: Context): Promise<void> {
  const stalled = await stalledExports(context.db, 300);
  if (stalled.length > 0) await transact(context, (tx) => askFor(tx, context, stalled));
}

const askFor = (tx: Tx, { environment, correlationId }: Context, ids: number[]) =>
  enqueue(tx, environment.CONTROL_QUEUE, correlationId, ...ids.map((id) => ({ type: "export", export: id })));

/** Deletes the files of exports whose time is over. */
export const deleteExpiredExports = (context: Context): Promise<void> =>
  transact(context, async (tx) => eraseUploads(tx, context, await forgetExpiredExports(tx, 100)));

/** Deletes all exports of a person, and other files of theirs. */
export async function deleteExports(tx: Tx, context: Context, userId: number, others: string[]): Promise<void> {
  await eraseUploads(tx, context, [...(await forgetExportsOf(tx, userId)), ...others]);
}

/** Requests the deletion of uploaded files. */
export async function eraseUploads(tx: Tx, { environment, correlationId }: Context, keys: string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += maxUploadsInMessage) {
    const message = { type: "erase", attempts: [], uploads: keys.slice(at, at + maxUploadsInMessage) };
    await enqueue(tx, environment.CONTROL_QUEUE, correlationId, message);
  }
}

/** Another attempt has taken over the export, or it was deleted, so this attempt must stop. */
class ExportLost extends Error {}

/**
 * Makes an export, zip by zip, unless it has ended or is in progress. After `until` it continues with the next message. Throws if
 * the platform fails; the sweeper then asks for it again after a pause.
 */
export async function makeExport(context: Context, all: Belongings[], id: number, until: number): Promise<void> {
  const { db, log } = context;
  const one = await beginExport(db, id, leaseSeconds);
  if (!one) return;
  try {
    if (one.failures >= maxFailures) return await fail(context, one);
    if (!(await write(context, all, one, until))) return;
    await finish(context, one);
    log.info("export.ended", { export: id, outcome: "succeeded" });
  } catch (error) {
    if (error instanceof ExportLost) return;
    await postponeExport(db, one, firstPauseSeconds * 2 ** one.failures);
    throw error;
  }
}

async function fail(context: Context, one: Export): Promise<void> {
  const details = `The export failed ${maxFailures} times because of a problem of the platform. Ask the platform's administrator.`;
  await transact(context, (tx) => endExport(tx, one, { details, days: keptDays }));
  context.log.info("export.ended", { export: one.id, outcome: "failed" });
}

async function finish(context: Context, one: Export): Promise<void> {
  const { PUBLIC_URL } = context.environment;
  await transact(context, async (tx) => {
    if (!(await endExport(tx, one, { details: null, days: keptDays }))) throw new ExportLost();
    const person = await findUser(tx, one.user_id);
    if (!person) return;
    await post(tx, context, [
      {
        recipients: [person.email],
        subject: "Your data is ready",
        body: `The data of the account ${person.username} on ${PUBLIC_URL} is exported. Fetch it with \`benchstack export-account\`, or log in and find its links at ${PUBLIC_URL}/account/data/. It is deleted after ${keptDays} days. If you did not ask for it, change your password.\n`,
      },
    ]);
  });
}

/** Writes the zips that are missing. Returns whether that is all of them, and not only what the time allowed. */
async function write(context: Context, all: Belongings[], one: Export, until: number): Promise<boolean> {
  const person = await findUser(context.db, one.user_id);
  if (!person) throw new ExportLost();
  const { id, username, email } = person;
  // An administrator gets what is theirs, and not what they see of others.
  const actor: UserActor = {
    kind: "user",
    id,
    username,
    email,
    emailIsConfirmed: person.email_is_confirmed,
    isSuperuser: false,
    isBot: person.is_bot,
  };
  const alive = keeper(context, one);
  let progress = one.progress;
  if (!progress.begun) {
    const part = await writeZip(context, one, progress, documents(context, all, actor), alive);
    progress = await saved(context, one, { ...progress, parts: [part], begun: true });
  }
  for (;;) {
    const batch = await nextBatch(context, pieces(context, all, actor, progress.after), alive);
    if (batch.after === null) return true;
    const parts = batch.files.length > 0 ? [await writeZip(context, one, progress, batch.files, alive)] : [];
    progress = await saved(context, one, {
      ...progress,
      parts: [...progress.parts, ...parts],
      large: [...progress.large, ...batch.large],
      after: batch.after,
    });
    if (Date.now() >= until) {
      await transact(context, async (tx) => {
        if (await releaseExport(tx, one)) await askFor(tx, context, [one.id]);
      });
      return false;
    }
  }
}

/** A sign of life that extends the lease every few seconds. */
function keeper({ db }: Context, one: Export): () => Promise<void> {
  let kept = Date.now();
  return async () => {
    if (Date.now() - kept < reportEveryMs) return;
    kept = Date.now();
    if (!(await keepExport(db, one, leaseSeconds))) throw new ExportLost();
  };
}

async function saved({ db }: Context, one: Export, progress: ExportProgress): Promise<ExportProgress> {
  if (!(await saveExport(db, one, progress))) throw new ExportLost();
  return progress;
}

/** Writes the next zip. Nobody else writes to its key, and it is deleted if the export does not get it. */
async function writeZip(
  { db, objects }: Context,
  one: Export,
  { parts }: ExportProgress,
  files: ZippedFile[],
  alive: () => Promise<void>,
): Promise<{ key: string; size: number }> {
  const key = `account_export/${one.id}/${one.attempt}-${parts.length}.zip`;
  try {
    const size = await objects.upload(
      { bucket: "uploads", key },
      zipOf(objects, from(files), alive),
      "application/zip",
    );
    if (!(await keepExport(db, one, leaseSeconds))) throw new ExportLost();
    return { key, size };
  } catch (error) {
    await objects.delete({ bucket: "uploads", key });
    throw error;
  }
}

async function* from<Item>(items: Item[]): AsyncIterable<Item> {
  yield* items;
}

const readMe = (username: string, at: Date) =>
  `This is what the platform has about the account ${username}, as of ${at.toISOString()}.\n\nEach .json file is a list. The files of submissions and datasets are in the zips files-001.zip and so on, in folders named by their ids. Files of more than 2 GB are not in a zip; the export has a link to each. What organizers hide from you, such as the results of a blind phase, is not included.\n`;

function documents(context: Context, all: Belongings[], actor: UserActor): ZippedFile[] {
  const lists = all.flatMap((belongings) => Object.entries(belongings.documents(context, actor)));
  return [
    { path: "README.txt", bytes: Buffer.from(readMe(actor.username, context.now())) },
    ...lists.map(([name, items]) => ({ path: `${name}.json`, pieces: () => asJson(items()) })),
  ];
}

/** A list as JSON, an item a line. */
async function* asJson(items: AsyncIterable<unknown>): AsyncIterable<Buffer> {
  let before = "[\n";
  for await (const item of items) {
    yield Buffer.from(before + JSON.stringify(item));
    before = ",\n";
  }
  yield Buffer.from(before === "[\n" ? "[]\n" : "\n]\n");
}

/** The files of all wings, one wing after the other. */
async function* pieces(
  context: Context,
  all: Belongings[],
  actor: UserActor,
  after: string | null,
): AsyncIterable<ExportedPiece> {
  const [, at, inside] = /^(\d+):(.*)$/s.exec(after ?? "0:") ?? [];
  for (const [index, belongings] of all.entries()) {
    if (index < Number(at) || !belongings.files) continue;
    const from = index === Number(at) && inside ? inside : null;
    for await (const piece of belongings.files(context, actor, from))
      yield { ...piece, after: `${index}:${piece.after}` };
  }
}

/** As many files as fit a zip, and those that are too large for one. Files that are gone are left out. `after` is null at the end. */
async function nextBatch(context: Context, from: AsyncIterable<ExportedPiece>, alive: () => Promise<void>) {
  const files: ZippedFile[] = [];
  const large: ExportProgress["large"] = [];
  let after: string | null = null;
  let bytes = 0;
  for await (const piece of from) {
    await alive();
    for (const { file, size } of await Promise.all(piece.files.map((one) => looked(context, one)))) {
      if (file === null) continue;
      if ("object" in file && size > maxZippedBytes) large.push({ ...file.object, path: file.path, size });
      else {
        files.push(file);
        bytes += size;
      }
    }
    after = piece.after;
    if (bytes >= maxZip.bytes || files.length >= maxZip.files || large.length >= maxZip.files) break;
  }
  return { files, large, after };
}

async function looked({ objects }: Context, file: ExportedFile): Promise<{ file: ZippedFile | null; size: number }> {
  if ("bytes" in file) return { file, size: file.bytes.length };
  const info = await objects.head(file.object);
  return info ? { file: { path: file.path, object: file.object, info }, size: info.size } : { file: null, size: 0 };
}
