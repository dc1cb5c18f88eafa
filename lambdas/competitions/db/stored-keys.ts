/**
 * All kinds of keys in the object store, and who refers to them. What is not here is an orphan: a test fails when a table gets a
 * column with a key that is not listed.
 *
 * - `uploads`: `columns` below, the files of imports in progress, and the zips of exports. Keys are never used again, so what nothing refers to today
 *   nobody will refer to tomorrow.
 * - `jobs`: `jobs/ATTEMPT/…` and `kept/ATTEMPT/…` belong to an attempt. Answers that were too large for Lambda (`answers/…`)
 *   belong to nobody after a minute.
 */
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

interface KeyColumn {
  table: string;
  column: string;
  /** Whether the object must exist; null: a row may name an object that is not there. */
  existsIf: string | null;
}

/** Columns with keys of the uploads bucket. */
export const keyColumns: KeyColumn[] = [
  { table: "datasets", column: "object_key", existsIf: "upload_completed_when is not null" },
  { table: "datasets", column: "incoming_key", existsIf: null },
  { table: "datasets", column: "upload_key", existsIf: null },
  { table: "left_uploads", column: "key", existsIf: null },
  { table: "competition_dumps", column: "object_key", existsIf: null },
  { table: "competitions", column: "logo_key", existsIf: "true" },
  { table: "competitions", column: "logo_large_key", existsIf: "true" },
  { table: "competitions", column: "logo_icon_key", existsIf: "true" },
  { table: "users", column: "photo_key", existsIf: "true" },
  { table: "users", column: "photo_icon_key", existsIf: "true" },
  { table: "organizations", column: "photo_key", existsIf: "true" },
  { table: "organizations", column: "photo_icon_key", existsIf: "true" },
  { table: "bundles", column: "content_key", existsIf: "content_key is not null" },
  // Being written, or that of the bundle.
  { table: "bundle_contents", column: "object_key", existsIf: null },
];

const any = (conditions: ReturnType<typeof sql<boolean>>[]) => sql<boolean>`(${sql.join(conditions, sql` or `)})`;

/** Those of some keys of the uploads bucket that nothing refers to. */
export async function unreferencedUploads(db: Db, keys: string[]): Promise<string[]> {
  const named = keyColumns.map(
    ({ table, column }) =>
      sql<boolean>`exists (select from ${sql.table(table)} where ${sql.ref(column)} collate "C" = one.key)`,
  );
  const { rows } = await sql<{ key: string }>`
    with listed as materialized (
      select file ->> 'object_key' as key from competition_creations, jsonb_array_elements(progress -> 'files') as file
      where status in ('Starting', 'Unpacking')
      union all select part ->> 'key' from account_exports, jsonb_array_elements(progress -> 'parts') as part)
    select one.key from unnest(${keys}::text[]) as one (key)
    where not ${any(named)} and not exists (select from listed where listed.key = one.key)`.execute(db);
  return rows.map(({ key }) => key);
}

/**
 * Keys of objects that must exist, after one key and up to another (null: to the end), as the object store orders them, except
 * `found`.
 */
export async function missingUploads(
  db: Db,
  { after, to, found }: { after: string; to: string | null; found: string[] },
): Promise<string[]> {
  const expected = keyColumns.flatMap(({ table, column, existsIf }) =>
    existsIf === null
      ? []
      : sql`select ${sql.ref(column)} as key from ${sql.table(table)}
          where ${sql.raw(existsIf)} and ${sql.ref(column)} collate "C" > ${after}
            and (${to}::text is null or ${sql.ref(column)} collate "C" <= ${to})`,
  );
  const { rows } = await sql<{ key: string }>`
    select key from (${sql.join(expected, sql` union all `)}) as expected
    where not key = any(${found}::text[]) limit 1000`.execute(db);
  return rows.map(({ key }) => key);
}

/** Corrects the recorded sizes of files, so that what people store is counted as it is. */
export async function correctSizes(db: Db, objects: { key: string; size: number }[]): Promise<void> {
  await sql`
    update datasets d set file_size = one.size
    from unnest(${objects.map(({ key }) => key)}::text[], ${objects.map(({ size }) => size)}::bigint[]) as one (key, size)
    where d.object_key collate "C" = one.key and d.upload_completed_when is not null
      and d.file_size is distinct from one.size`.execute(db);
}

/** The attempt that a key of the jobs bucket belongs to; null if it is of no attempt. */
export const attemptOfKey = (key: string): string | null =>
  /^(?:jobs|kept)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//.exec(key)?.[1] ?? null;

/**
 * Those of some keys of the jobs bucket that nothing refers to. An attempt refers to its files while its job is open, while they
 * are to be erased at a known time, and for as long as a submission has the job and its files. Of the copies of an attempt, only
 * those that its report made count.
 */
export async function unreferencedResults(db: Db, keys: string[]): Promise<string[]> {
  const attempts = [...new Set(keys.flatMap((key) => attemptOfKey(key) ?? []))];
  const { rows } = await sql<{ id: string; kept: string | null }>`
    select a.id, a.kept_prefix as kept from attempts a join jobs j on j.id = a.job_id
    where a.id = any(${attempts}::uuid[]) and (
      j.state in ('ready', 'leased') or j.kind <> 'submission' or a.erase_when is not null
      or (
        exists (select from submissions s where s.job_id = j.id and not s.is_soft_deleted and s.files_deleted_when is null)
        and not exists (select from attempts later where later.job_id = j.id and later.number > a.number)))`.execute(
    db,
  );
  const kept = new Map(rows.map(({ id, kept }) => [id, kept]));
  return keys.filter((key) => {
    const attempt = attemptOfKey(key);
    if (attempt === null || !kept.has(attempt)) return true;
    const prefix = kept.get(attempt);
    return key.startsWith("kept/") && prefix != null && !key.startsWith(prefix);
  });
}
