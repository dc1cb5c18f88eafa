import { sql, type Transaction } from "kysely";
import type { DatasetType } from "../rules/competition.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { partOf, type Order, type Part } from "../../kernel/db/page.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { displayName } from "../../accounts/db/users.ts";

export interface NewDataset {
  key: string;
  createdBy: number;
  type: DatasetType;
  name: string;
  description: string | null;
  license: string | null;
  isPublic: boolean;
  fileName: string;
  /** Bytes. Null if the client did not give a size. */
  fileSize: number | null;
  objectKey: string;
  /** In hex, as its owner says. Null if they do not. */
  sha256?: string | null;
  uploaded: boolean;
  wasCreatedByCompetition: boolean;
  competitionId: number | null;
}

export interface Dataset {
  id: number;
  key: string;
  created_by: number;
  owner: string;
  owner_display_name: string;
  type: string;
  name: string;
  description: string | null;
  license: string | null;
  is_public: boolean;
  file_name: string;
  /** Bytes. */
  file_size: number | null;
  /** Before the upload is completed, anybody who has its URL can replace the object. Afterwards nobody can. */
  object_key: string;
  /** Where the file was uploaded, if it was moved from there. */
  incoming_key: string | null;
  upload_completed_when: Date | null;
  was_created_by_competition: boolean;
  /** The competition that it was submitted to or that was created from it. */
  competition: { id: number; title: string } | null;
  downloads: number;
  is_verified: boolean;
  created_when: Date;
}

/** Stores a dataset. Returns undefined if its owner already has one with that name. */
export async function insertDataset(
  db: Db | Transaction<Database>,
  dataset: NewDataset,
): Promise<{ id: number; key: string } | undefined> {
  return db
    .insertInto("datasets")
    .values({
      key: dataset.key,
      created_by: dataset.createdBy,
      type: dataset.type,
      name: dataset.name,
      description: dataset.description,
      license: dataset.license,
      is_public: dataset.isPublic,
      file_name: dataset.fileName,
      file_size: dataset.fileSize,
      object_key: dataset.objectKey,
      sha256: dataset.sha256 ? Buffer.from(dataset.sha256, "hex") : null,
      upload_completed_when: dataset.uploaded ? sql<Date>`now()` : null,
      was_created_by_competition: dataset.wasCreatedByCompetition,
      competition_id: dataset.competitionId,
    })
    .onConflict((conflict) => conflict.columns(["created_by", "name"]).doNothing())
    .returning(["id", "key"])
    .executeTakeFirst();
}

function selectDatasets(db: Db | Transaction<Database>) {
  return db
    .selectFrom("datasets as d")
    .innerJoin("users as u", "u.id", "d.created_by")
    .select([
      "d.id",
      "d.key",
      "d.created_by",
      "u.username as owner",
      displayName.as("owner_display_name"),
      "d.type",
      "d.name",
      "d.description",
      "d.license",
      "d.is_public",
      "d.file_name",
      sql<number | null>`d.file_size::float8`.as("file_size"),
      "d.object_key",
      "d.incoming_key",
      "d.upload_completed_when",
      "d.was_created_by_competition",
      sql<Dataset["competition"]>`(
        select json_build_object('id', c.id, 'title', c.title) from competitions c where c.id = d.competition_id)`.as(
        "competition",
      ),
      "d.downloads",
      "d.is_verified",
      "d.created_when",
    ]);
}

export async function findDataset(db: Db | Transaction<Database>, key: string): Promise<Dataset | undefined> {
  return selectDatasets(db).where("d.key", "=", key).executeTakeFirst();
}

export async function findDatasetById(db: Db | Transaction<Database>, id: number): Promise<Dataset | undefined> {
  return selectDatasets(db).where("d.id", "=", id).executeTakeFirst();
}

export async function findDatasetsById(db: Db | Transaction<Database>, ids: number[]): Promise<Dataset[]> {
  if (ids.length === 0) return [];
  return selectDatasets(db).where("d.id", "in", ids).execute();
}

export async function findDatasets(db: Db | Transaction<Database>, keys: string[]): Promise<Dataset[]> {
  if (keys.length === 0) return [];
  return selectDatasets(db).where("d.key", "in", keys).execute();
}

export interface DatasetFilter {
  ownerId: number;
  /** `submission`, `dataset` (anything a task uses) or `bundle`. */
  group?: "submission" | "dataset" | "bundle" | undefined;
  includePublic: boolean;
  type?: string | undefined;
  name?: string | undefined;
  key?: string | undefined;
  isPublic?: boolean | undefined;
  wasCreatedByCompetition?: boolean | undefined;
  search?: string | undefined;
  order: Order<"id" | "name" | "type" | "file_size">;
}

/** A page of a person's datasets, and their total number. */
export async function listDatasets(
  db: Db,
  filter: DatasetFilter,
  part: Part,
): Promise<{ count: number; rows: Dataset[] }> {
  let query = selectDatasets(db).where((eb) =>
    filter.includePublic
      ? eb.or([eb("d.created_by", "=", filter.ownerId), eb("d.is_public", "=", true)])
      : eb("d.created_by", "=", filter.ownerId),
  );
  if (filter.group === "submission") query = query.where("d.type", "=", "submission");
  if (filter.group === "bundle") query = query.where("d.type", "=", "competition_bundle");
  if (filter.group === "dataset") query = query.where("d.type", "not in", ["submission", "competition_bundle"]);
  if (filter.type) query = query.where("d.type", "=", filter.type);
  if (filter.name !== undefined) query = query.where("d.name", "=", filter.name);
  if (filter.key !== undefined) query = query.where("d.key", "=", filter.key);
  if (filter.isPublic !== undefined) query = query.where("d.is_public", "=", filter.isPublic);
  if (filter.wasCreatedByCompetition !== undefined)
    query = query.where("d.was_created_by_competition", "=", filter.wasCreatedByCompetition);
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query.where((eb) =>
      eb.or([
        eb("d.name", "ilike", pattern),
        eb("d.file_name", "ilike", pattern),
        eb("d.description", "ilike", pattern),
        eb(sql`d.key::text`, "ilike", pattern),
        // Others see the dataset without the competition, which may be private.
        sql<boolean>`d.created_by = ${filter.ownerId}
          and exists (select 1 from competitions c where c.id = d.competition_id and c.title ilike ${pattern})`,
      ]),
    );
  }
  const { field, descending } = filter.order;
  const direction = descending ? "desc" : "asc";
  const ordered = query
    .orderBy(sql.ref(`d.${field}`), direction)
    .$if(field !== "id", (q) => q.orderBy("d.id", direction));
  return partOf(db, ordered, part);
}

export interface PublicDatasetFilter {
  search?: string | undefined;
  ordering: "recently_added" | "most_downloaded";
  hasLicense: boolean;
  isVerified: boolean;
}

/** Returns a page of public data, and its total number. */
export async function listPublicDatasets(
  db: Db,
  filter: PublicDatasetFilter,
  part: Part,
): Promise<{ count: number; rows: Dataset[] }> {
  let query = selectDatasets(db).where("d.is_public", "=", true).where("d.type", "=", "public_data");
  if (filter.hasLicense) query = query.where("d.license", "is not", null).where("d.license", "!=", "");
  if (filter.isVerified) query = query.where("d.is_verified", "=", true);
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query.where((eb) => eb.or([eb("d.name", "ilike", pattern), eb("d.description", "ilike", pattern)]));
  }
  const ordered = filter.ordering === "most_downloaded" ? query.orderBy("d.downloads", "desc") : query;
  return partOf(db, ordered.orderBy("d.id", "desc"), part);
}

export async function deleteDataset(db: Db | Transaction<Database>, id: number): Promise<void> {
  await db.deleteFrom("datasets").where("id", "=", id).execute();
}

/** Locks a dataset until the transaction ends, so that it cannot be deleted. Undefined if it does not exist. */
export async function lockDataset(tx: Transaction<Database>, id: number) {
  return tx
    .selectFrom("datasets")
    .select(["id", "key", "name", "description", "license", "is_public", "is_verified"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
}

/** Locks datasets until the transaction ends, so that they cannot be deleted. Returns the ids of those that exist. */
export async function holdDatasets(tx: Transaction<Database>, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom("datasets")
    .select("id")
    .where("id", "in", ids)
    .orderBy("id")
    .forKeyShare()
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Renames a bundle after it has become a competition. If its owner already has a dataset with that name, its key is
 * added to the name.
 */
export async function renameDataset(
  tx: Transaction<Database>,
  id: number,
  name: string,
  competitionId: number,
): Promise<void> {
  await tx
    .updateTable("datasets as d")
    .set({
      name: sql<string>`case when exists (
        select 1 from datasets o where o.created_by = d.created_by and o.name = ${name} and o.id <> d.id)
        then ${name} || ' (' || d.key || ')' else ${name} end`,
      competition_id: competitionId,
    })
    .where("d.id", "=", id)
    .execute();
}

export interface DatasetChanges {
  name?: string | undefined;
  description?: string | null | undefined;
  license?: string | null | undefined;
  is_public?: boolean | undefined;
  is_verified?: boolean | undefined;
}

/** Changes a dataset. Returns false if its owner already has another one with that name. */
export async function updateDataset(
  tx: Transaction<Database>,
  dataset: Pick<Dataset, "id" | "created_by">,
  changes: DatasetChanges,
): Promise<boolean> {
  const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as DatasetChanges;
  if (Object.keys(set).length === 0) return true;
  const { numUpdatedRows } = await tx
    .updateTable("datasets as d")
    .set(set)
    .where("d.id", "=", dataset.id)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("datasets as other")
            .select("other.id")
            .where("other.created_by", "=", dataset.created_by)
            .where("other.name", "=", changes.name ?? null)
            .where("other.id", "!=", dataset.id),
        ),
      ),
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The day in UTC, as YYYY-MM-DD. */
const today = sql<string>`to_char(now() at time zone 'UTC', 'YYYY-MM-DD')`;

/** Counts a download, once for each `who` and day. */
export async function countDownload(db: Db, id: number, who: Buffer): Promise<void> {
  await sql`
    with counted as (
      insert into dataset_downloads (dataset_id, day, who) values (${id}, ${today}, ${who})
      on conflict do nothing returning dataset_id)
    update datasets set downloads = downloads + 1 where id in (select dataset_id from counted)`.execute(db);
}

/** Forgets who downloaded what on earlier days. Their number stays. */
export async function forgetDownloads(db: Db): Promise<void> {
  await db.deleteFrom("dataset_downloads").where("day", "<", today).execute();
}
