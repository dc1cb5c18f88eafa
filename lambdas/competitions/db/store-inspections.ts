/** Inspections of the object store: how far each is, and what it found. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { ObjectRef } from "../../../contract/job.ts";

export interface Inspection {
  id: number;
  bucket: ObjectRef["bucket"];
  listed_to: string;
}

/** Begins an inspection, unless one goes on. Returns its id. */
export async function insertInspection(tx: Tx): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into store_inspections default values
    on conflict ((true)) where finished_when is null do update set bucket = store_inspections.bucket
    returning id`.execute(tx);
  return rows[0]!.id;
}

/** Begins an inspection if none has begun for some days. */
export async function beginDueInspection(db: Db, days: number): Promise<void> {
  await sql`
    insert into store_inspections (started_when)
    select now() where not exists (
      select from store_inspections where started_when > now() - make_interval(days => ${days}))
    on conflict ((true)) where finished_when is null do nothing`.execute(db);
}

export const openInspection = (db: Db): Promise<Inspection | undefined> =>
  db
    .selectFrom("store_inspections")
    .select(["id", "bucket", "listed_to"])
    .where("finished_when", "is", null)
    .executeTakeFirst();

export interface Finding {
  key: string;
  kind: "orphan" | "missing";
  bytes: number | null;
  modified: Date | null;
}

/**
 * Records a page of the listing and where the next one begins; null at the end of the store. Changes nothing if another process
 * has recorded this page.
 */
export async function recordPage(
  tx: Tx,
  { id, bucket, listed_to }: Inspection,
  page: {
    next: { bucket: ObjectRef["bucket"]; after: string } | null;
    objects: number;
    bytes: number;
    findings: Finding[];
  },
): Promise<boolean> {
  const { next, objects, bytes, findings } = page;
  const row = await tx
    .updateTable("store_inspections")
    .set({
      ...(next === null ? { finished_when: sql<Date>`now()` } : { bucket: next.bucket, listed_to: next.after }),
      objects: sql<string>`objects + ${objects}`,
      bytes: sql<string>`bytes + ${bytes}`,
    })
    .where("id", "=", id)
    .where("bucket", "=", bucket)
    .where("listed_to", "=", listed_to)
    .where("finished_when", "is", null)
    .returning("id")
    .executeTakeFirst();
  if (!row) return false;
  if (findings.length > 0)
    await tx
      .insertInto("store_findings")
      .values(findings.map(({ modified, ...one }) => ({ ...one, modified_when: modified, inspection_id: id, bucket })))
      .execute();
  // Earlier reports are of no use any more.
  if (next === null) await tx.deleteFrom("store_inspections").where("id", "<", id).execute();
  return true;
}

/** The last inspection that has finished, and the one that goes on. */
export async function inspections(db: Db | Tx) {
  const { rows } = await sql<{
    id: number;
    started_when: Date;
    finished_when: Date | null;
    objects: number;
    bytes: number;
    orphans: number;
    orphan_bytes: number;
    missing: number;
    deletion_asked_when: Date | null;
    deletion_finished_when: Date | null;
    deleted: number;
    kept: number;
  }>`
    select i.id, i.started_when, i.finished_when, i.objects::float8, i.bytes::float8,
      i.deletion_asked_when, i.deletion_finished_when,
      count(*) filter (where f.kind = 'orphan')::int as orphans,
      coalesce(sum(f.bytes) filter (where f.kind = 'orphan' and f.outcome is null), 0)::float8 as orphan_bytes,
      count(*) filter (where f.kind = 'missing')::int as missing,
      count(*) filter (where f.outcome = 'deleted')::int as deleted,
      count(*) filter (where f.outcome = 'kept')::int as kept
    from store_inspections i left join store_findings f on f.inspection_id = i.id
    group by i.id order by i.id desc`.execute(db);
  return {
    finished: rows.find(({ finished_when }) => finished_when !== null),
    running: rows.find(({ finished_when }) => finished_when === null),
  };
}

/** Findings of an inspection, ordered by bucket and key. */
export async function findingsOf(
  db: Db,
  inspection: number,
  kind: Finding["kind"],
  { offset, limit }: { offset: number; limit: number },
) {
  const { rows } = await sql<{
    bucket: string;
    key: string;
    bytes: number | null;
    modified_when: Date | null;
    outcome: "deleted" | "kept" | null;
    count: number;
  }>`
    select bucket, key, bytes::float8 as bytes, modified_when, outcome, (count(*) over ())::int as count
    from store_findings where inspection_id = ${inspection} and kind = ${kind}
    order by bucket, key offset ${offset} limit ${limit}`.execute(db);
  return { count: rows[0]?.count ?? 0, rows: rows.map(({ count: _, ...row }) => row) };
}

/** Asks to delete the orphans of an inspection. Returns false if that was asked before. */
export async function askForDeletion(tx: Tx, inspection: number): Promise<boolean> {
  const row = await tx
    .updateTable("store_inspections")
    .set({ deletion_asked_when: sql<Date>`now()` })
    .where("id", "=", inspection)
    .where("deletion_asked_when", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Orphans to delete now. Undefined if no deletion goes on; none at its end. */
export async function orphansToDelete(db: Db, limit: number) {
  const inspection = await db
    .selectFrom("store_inspections")
    .select("id")
    .where("deletion_asked_when", "is not", null)
    .where("deletion_finished_when", "is", null)
    .orderBy("id")
    .executeTakeFirst();
  if (!inspection) return undefined;
  const { rows: orphans } = await sql<{ bucket: ObjectRef["bucket"]; key: string }>`
    select bucket, key from store_findings
    where inspection_id = ${inspection.id} and kind = 'orphan' and outcome is null
    order by bucket, key limit ${limit}`.execute(db);
  return { inspection: inspection.id, orphans };
}

/** Records what became of orphans. */
export async function recordOutcomes(
  db: Db,
  inspection: number,
  refs: ObjectRef[],
  outcome: "deleted" | "kept",
): Promise<void> {
  await sql`
    update store_findings f set outcome = ${outcome}
    from unnest(${refs.map(({ bucket }) => bucket)}::text[], ${refs.map(({ key }) => key)}::text[]) as one (bucket, key)
    where f.inspection_id = ${inspection} and f.kind = 'orphan' and f.bucket = one.bucket and f.key = one.key`.execute(
    db,
  );
}

export async function finishDeletion(db: Db, inspection: number): Promise<void> {
  await db
    .updateTable("store_inspections")
    .set({ deletion_finished_when: sql<Date>`now()` })
    .where("id", "=", inspection)
    .where("deletion_asked_when", "is not", null)
    .execute();
}
