/**
 * Keeps the files of an attempt when its report arrives: what was judged is what people download. A worker's permission to upload is
 * valid for longer, so the files are copied to keys that no signature covers, before anything is judged.
 */
import { randomUUID } from "node:crypto";
import { artifacts, type ObjectRef } from "../../../contract/job.ts";
import type { Context } from "../../kernel/context.ts";
import { ObjectChanged, ObjectMissing } from "../../kernel/objects/errors.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { AttemptRow } from "../db/jobs.ts";
import { attemptsWithOriginals, noteDeleted, recordKept } from "../db/kept-files.ts";
import { copiesOf, keptBytes, resultFiles } from "../rules/kept-files.ts";

/** Maximum number of attempts whose originals one call deletes. */
const maxAttempts = 100;

const inJobs = (key: string): ObjectRef => ({ bucket: "jobs", key });

/**
 * Copies what an attempt left, once, and returns the prefix of the copies. Can be repeated safely. Of several requests at once,
 * the copies of the first count for all.
 */
export async function keepFiles(context: Context, attempt: AttemptRow): Promise<string> {
  if (attempt.keptPrefix !== null) return attempt.keptPrefix;
  const { db, objects } = context;
  const prefix = `${copiesOf(attempt.attemptId)}${randomUUID()}/`;
  const names = resultFiles(attempt.spec);
  const files = await Promise.all(
    names.map(async (name) => {
      const size = await keep(context, inJobs(artifacts.prefix(attempt.attemptId) + name), inJobs(prefix + name));
      return { name, size };
    }),
  );
  const kept = await recordKept(db, attempt.attemptId, prefix, keptBytes(files));
  if (kept === prefix) return kept;
  await objects.deleteMany(names.map((name) => inJobs(prefix + name)));
  if (kept === undefined) throw new Refusal("not-found", "NO_SUCH_ATTEMPT", "This queue has no such attempt.");
  return kept;
}

/** Copies a file if it exists. Returns its size in bytes. */
async function keep({ objects }: Context, from: ObjectRef, to: ObjectRef): Promise<number> {
  try {
    const found = await objects.head(from);
    if (found) await objects.copy(from, found, to);
    return found?.size ?? 0;
  } catch (error) {
    if (error instanceof ObjectMissing) return 0;
    if (!(error instanceof ObjectChanged)) throw error;
    throw new Refusal(
      "conflict",
      "RESULT_REPLACED",
      "A file of this attempt was replaced while its report was read. Send the report again when all uploads have ended.",
    );
  }
}

/** Deletes the originals of kept files, with what was uploaded there later, when no worker can write there any more. */
export async function deleteOriginals({ db, objects }: Context): Promise<void> {
  const attempts = await attemptsWithOriginals(db, maxAttempts);
  const originals = await Promise.all(
    attempts.map(async ({ id, kept }) => {
      const { objects: copies } = await objects.list(inJobs(kept));
      return copies.map(({ ref }) => inJobs(artifacts.prefix(id) + ref.key.slice(kept.length)));
    }),
  );
  await objects.deleteMany(originals.flat());
  await noteDeleted(
    db,
    attempts.map(({ id }) => id),
  );
}
