/** The index of folders: what is in their zips. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import type { FolderEntry } from "../rules/contents/folder-entry.ts";

const columns = sql`folder, name, type, mode, modified, size::float8 as size, target, stored_start::float8 as start,
  stored_bytes::float8 as bytes, deflated`;

interface FileRow {
  folder: string;
  name: string;
  type: FolderEntry["type"];
  mode: number;
  modified: Date;
  size: number;
  target: string | null;
  start: number | null;
  bytes: number | null;
  deflated: boolean;
  points?: Buffer | null;
}

const joined = (folder: string, name: string) => (folder === "" ? name : `${folder}/${name}`);
const parted = (path: string) => {
  const end = path.lastIndexOf("/");
  return end === -1 ? { folder: "", name: path } : { folder: path.slice(0, end), name: path.slice(end + 1) };
};

const entryOf = ({
  folder,
  name,
  type,
  mode,
  modified,
  size,
  target,
  start,
  bytes,
  deflated,
  points = null,
}: FileRow): FolderEntry => ({
  path: joined(folder, name),
  type,
  mode,
  modified,
  size,
  ...(target !== null && { target }),
  ...(start !== null && bytes !== null && { stored: { start, bytes, deflated, points } }),
});

/** Adds entries, whose paths are different, to an index. One that is there is replaced, unless `keep` is set. */
export async function insertFiles(
  db: Db | Tx,
  contentId: string,
  entries: FolderEntry[],
  keep: boolean,
): Promise<void> {
  if (entries.length === 0) return;
  await db
    .insertInto("bundle_files")
    .values(
      entries.map(({ path, type, mode, modified, size, target = null, stored }) => ({
        content_id: contentId,
        ...parted(path),
        ...{ type, mode, modified, size, target },
        stored_start: stored?.start ?? null,
        stored_bytes: stored?.bytes ?? null,
        deflated: stored?.deflated ?? false,
        points: stored?.points ?? null,
      })),
    )
    .onConflict((conflict) =>
      keep
        ? conflict.columns(["content_id", "folder", "name"]).doNothing()
        : conflict.columns(["content_id", "folder", "name"]).doUpdateSet((eb) => ({
            type: eb.ref("excluded.type"),
            mode: eb.ref("excluded.mode"),
            modified: eb.ref("excluded.modified"),
            size: eb.ref("excluded.size"),
            target: eb.ref("excluded.target"),
            stored_start: eb.ref("excluded.stored_start"),
            stored_bytes: eb.ref("excluded.stored_bytes"),
            deflated: eb.ref("excluded.deflated"),
            points: eb.ref("excluded.points"),
          })),
    )
    .execute();
}

/** A file or link that other entries of the index are in, as if it were a folder. */
export async function fileAsFolder(db: Db | Tx, contentId: string): Promise<string | undefined> {
  const { rows } = await sql<{ folder: string }>`
    select distinct inner_.folder from bundle_files inner_
    where inner_.content_id = ${contentId} and inner_.folder <> '' and exists (
      select from bundle_files outer_ where outer_.content_id = ${contentId} and outer_.type <> 'directory'
        and outer_.folder = regexp_replace(inner_.folder, '/?[^/]*$', '')
        and outer_.name = regexp_replace(inner_.folder, '^.*/', ''))
    limit 1`.execute(db);
  return rows[0]?.folder;
}

/** The entry of an index with a path. */
export async function findFile(db: Db | Tx, contentId: string, path: string): Promise<FolderEntry | undefined> {
  const { folder, name } = parted(path);
  const { rows } = await sql<FileRow>`
    select ${columns}, points from bundle_files
    where content_id = ${contentId} and folder = ${folder} and name = ${name}`.execute(db);
  return rows[0] && entryOf(rows[0]);
}

/** Everything under a folder, as a condition. `0` follows `/`. */
const isUnder = (path: string) =>
  path === "" ? sql`true` : sql`(folder = ${path} or (folder >= ${`${path}/`} and folder < ${`${path}0`}))`;

const steps = sql`(case when folder = '' then 0 else 1 + length(folder) - length(replace(folder, '/', '')) end)`;

/** What is in a folder, and in the folders in it to a depth (1: only in itself), by path; no more than `limit`. */
export async function filesIn(
  db: Db,
  contentId: string,
  path: string,
  { depth, limit }: { depth: number; limit: number },
): Promise<FolderEntry[]> {
  const above = path === "" ? 0 : path.split("/").length;
  const { rows } = await sql<FileRow>`
    select ${columns} from bundle_files
    where content_id = ${contentId} and ${depth === 1 ? sql`folder = ${path}` : sql`${isUnder(path)} and ${steps} - ${above} < ${depth}`}
    order by folder, name limit ${limit}`.execute(db);
  return rows.map(entryOf);
}

const pageSize = 1000;

/** Everything under a folder: folders and links, then files in the order of the zip. */
export async function* filesUnder(db: Db, contentId: string, path: string): AsyncIterable<FolderEntry> {
  let after: FileRow | undefined;
  do {
    const follows = after
      ? sql`(coalesce(stored_start, -1), folder, name) > (${after.start ?? -1}::bigint, ${after.folder}, ${after.name})`
      : sql`true`;
    const { rows }: { rows: FileRow[] } = await sql<FileRow>`
      select ${columns} from bundle_files where content_id = ${contentId} and ${isUnder(path)} and ${follows}
      order by coalesce(stored_start, -1), folder, name limit ${pageSize}`.execute(db);
    for (const row of rows) yield entryOf(row);
    after = rows.length === pageSize ? rows.at(-1) : undefined;
  } while (after);
}

/** Gives contents the index of those with another object. Returns how many entries it has. */
export async function copyFiles(db: Db, fromKey: string, to: string): Promise<number> {
  const { numAffectedRows = 0n } = await sql`insert into bundle_files
      (content_id, folder, name, type, mode, modified, size, target, stored_start, stored_bytes, deflated, points)
    select ${to}, f.folder, f.name, f.type, f.mode, f.modified, f.size, f.target, f.stored_start, f.stored_bytes, f.deflated,
      f.points
    from bundle_files f join bundle_contents c on c.id = f.content_id where c.object_key = ${fromKey}`.execute(db);
  return Number(numAffectedRows);
}

/** Files of folders, for many at once, in the order in which they are wanted. Those that do not exist are undefined. */
export async function findManyFiles(
  db: Db,
  wanted: { key: string; path: string }[],
): Promise<(FolderEntry | undefined)[]> {
  if (wanted.length === 0) return [];
  const parts = wanted.map(({ path }) => parted(path));
  const { rows } = await sql<FileRow & { at: number }>`
    select w.at::int, ${columns} from unnest(${wanted.map(({ key }) => key)}::text[], ${parts.map(({ folder }) => folder)}::text[],
      ${parts.map(({ name }) => name)}::text[]) with ordinality as w (key, in_folder, named, at)
    join bundle_contents c on c.object_key = w.key
    join bundle_files f on f.content_id = c.id and f.folder = w.in_folder and f.name = w.named`.execute(db);
  const found = new Map(rows.map((row) => [row.at, entryOf(row)]));
  return wanted.map((_, index) => found.get(index + 1));
}
