/** Queues as their owners see them. */
import { sql, type Transaction } from "kysely";
import type { ProfileUser, QueueCapacity } from "../rules/capacity.ts";
import type { QueueFacts } from "../../policy/policy.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { partOf, type Order, type Part } from "../../kernel/db/page.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;
type Reader = Db | Tx;

const organizers = sql<number[]>`array(
  select qo.user_id from queue_organizers qo where qo.queue_id = q.id order by qo.user_id)`.as("organizers");

/** The facts that decide who may do what with a queue. */
export async function findQueueAccess(db: Reader, id: string): Promise<(QueueFacts & { id: string }) | undefined> {
  return db
    .selectFrom("queues as q")
    .select(["q.id", "q.owner_id", "q.is_public", organizers])
    .where("q.id", "=", id)
    .where("q.deleted_when", "is", null)
    .executeTakeFirst();
}

/** What the owner of a queue decides about its jobs. */
export interface QueueSettings extends QueueCapacity {
  /** How many jobs may run at once; null means as many as there are slots. */
  max_running: number | null;
  /** Maximum time limit of a step, in seconds. */
  max_step_seconds: number | null;
  /** Maximum size of an upload for a job. */
  max_upload_bytes: number | null;
  /** False while the queue is drained: it accepts no new jobs, and its jobs continue. */
  accepts_jobs: boolean;
}

const settings = [
  "q.step_profiles",
  "q.max_running",
  "q.max_step_seconds",
  sql<number | null>`q.max_upload_bytes::float8`.as("max_upload_bytes"),
  "q.accepts_jobs",
] as const;

/** Settings as columns. */
const asColumns = ({ step_profiles, ...others }: QueueSettings) => ({
  ...others,
  step_profiles: step_profiles && JSON.stringify(step_profiles),
});

export interface QueueRow extends QueueFacts, QueueSettings {
  id: string;
  name: string;
  sqs_name: string;
  owner: string | null;
  /** The person who chose its profiles. */
  chooser: ProfileUser;
  created_when: Date;
  /** The people it is shared with, by name. */
  shared_with: { id: number; username: string }[];
}

function selectQueues(db: Reader) {
  return db
    .selectFrom("queues as q")
    .leftJoin("users as u", "u.id", "q.owner_id")
    .select([
      "q.id",
      "q.name",
      "q.sqs_name",
      "q.owner_id",
      "u.username as owner",
      sql<ProfileUser>`case when u.id is not null
        then json_build_object('username', u.username, 'isSuperuser', u.is_superuser) end`.as("chooser"),
      "q.is_public",
      "q.created_when",
      ...settings,
      organizers,
      sql<QueueRow["shared_with"]>`coalesce((
        select json_agg(json_build_object('username', o.username, 'id', o.id) order by o.id)
        from queue_organizers qo join users o on o.id = qo.user_id where qo.queue_id = q.id), '[]')`.as("shared_with"),
    ])
    .where("q.deleted_when", "is", null);
}

export async function findQueueRow(db: Reader, id: string): Promise<QueueRow | undefined> {
  return selectQueues(db).where("q.id", "=", id).executeTakeFirst();
}

export interface QueueFilter {
  viewer: { id: number; isSuperuser: boolean };
  includePublic: boolean;
  search?: string | undefined;
  /** Only the one with this id. */
  id?: string | undefined;
  order: Order<"name" | "created_when">;
}

/** A page of the queues that a person owns or shares, and their total number. Superusers get all. */
export async function listQueues(
  db: Db,
  filter: QueueFilter,
  part: Part,
): Promise<{ count: number; rows: QueueRow[] }> {
  const { viewer } = filter;
  let query = selectQueues(db);
  if (!viewer.isSuperuser)
    query = query.where((eb) =>
      eb.or([
        eb("q.owner_id", "=", viewer.id),
        sql<boolean>`q.id = any(array(select qo.queue_id from queue_organizers qo where qo.user_id = ${viewer.id}))`,
        ...(filter.includePublic ? [eb("q.is_public", "=", true)] : []),
      ]),
    );
  if (filter.search) query = query.where("q.name", "ilike", containing(filter.search));
  if (filter.id !== undefined) query = query.where("q.id", "=", filter.id);
  const { field, descending } = filter.order;
  const direction = descending ? "desc" : "asc";
  return partOf(db, query.orderBy(sql.ref(`q.${field}`), direction).orderBy("q.id"), part);
}

/**
 * Locks a person's row until the transaction ends and counts the queues that they own. `limit` is how many they may own; null if no
 * administrator has set it.
 */
export async function countOwnQueues(tx: Tx, ownerId: number): Promise<{ count: number; limit: number | null }> {
  const { queue_limit: limit } = await tx
    .selectFrom("users")
    .select("queue_limit")
    .where("id", "=", ownerId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { count } = await tx
    .selectFrom("queues")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("owner_id", "=", ownerId)
    .where("deleted_when", "is", null)
    .executeTakeFirstOrThrow();
  return { count: Number(count), limit };
}

export interface NewQueue {
  settings: QueueSettings;
  id: string;
  name: string;
  sqsName: string;
  ownerId: number;
  isPublic: boolean;
  organizers: number[];
}

export async function insertQueue(tx: Tx, queue: NewQueue): Promise<void> {
  await tx
    .insertInto("queues")
    .values({
      id: queue.id,
      name: queue.name,
      sqs_name: queue.sqsName,
      owner_id: queue.ownerId,
      is_public: queue.isPublic,
      ...asColumns(queue.settings),
    })
    .execute();
  await setOrganizers(tx, queue.id, queue.organizers);
}

export async function updateQueue(
  tx: Tx,
  id: string,
  changes: {
    name?: string | undefined;
    isPublic?: boolean | undefined;
    organizers?: number[] | undefined;
    settings: QueueSettings;
  },
): Promise<void> {
  const set = {
    ...asColumns(changes.settings),
    ...(changes.name === undefined ? {} : { name: changes.name }),
    ...(changes.isPublic === undefined ? {} : { is_public: changes.isPublic }),
  };
  await tx.updateTable("queues").set(set).where("id", "=", id).execute();
  if (changes.organizers) {
    await tx.deleteFrom("queue_organizers").where("queue_id", "=", id).execute();
    await setOrganizers(tx, id, changes.organizers);
  }
}

async function setOrganizers(tx: Tx, queueId: string, userIds: number[]): Promise<void> {
  if (userIds.length > 0)
    await tx
      .insertInto("queue_organizers")
      .values(userIds.map((user_id) => ({ queue_id: queueId, user_id })))
      .execute();
}

/** A queue's name, settings and people, locked until the transaction ends; undefined if it was deleted. */
export async function lockQueue(
  tx: Tx,
  id: string,
): Promise<(QueueSettings & Pick<QueueRow, "name" | "is_public" | "organizers">) | undefined> {
  return tx
    .selectFrom("queues as q")
    .select(["q.name", "q.is_public", ...settings, organizers])
    .where("q.id", "=", id)
    .where("q.deleted_when", "is", null)
    .forUpdate("q")
    .executeTakeFirst();
}

/** Locks a queue until the transaction ends, so that no job is added, and counts its waiting and running jobs. */
export async function countOpenJobs(tx: Tx, queueId: string): Promise<number> {
  await tx.selectFrom("queues").select("id").where("id", "=", queueId).forUpdate().execute();
  const { count } = await tx
    .selectFrom("jobs")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("queue_id", "=", queueId)
    .where("state", "in", ["ready", "leased"])
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Deletes a queue with its logins of registries, revokes the tokens of its workers, and drops its unsent doorbells. */
export async function removeQueue(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable("worker_tokens")
    .set({ revoked_when: sql<Date>`now()` })
    .where("queue_id", "=", id)
    .where("revoked_when", "is", null)
    .execute();
  await tx.deleteFrom("queue_organizers").where("queue_id", "=", id).execute();
  await tx.deleteFrom("registry_logins").where("queue_id", "=", id).execute();
  const { sqs_name } = await tx
    .updateTable("queues")
    .set({ deleted_when: sql<Date>`now()` })
    .where("id", "=", id)
    .returning("sqs_name")
    .executeTakeFirstOrThrow();
  await tx.deleteFrom("outbox").where("queue_name", "=", sqs_name).where("sent_when", "is", null).execute();
}

/** What the message service calls the queues that are not deleted. */
export async function namesOfQueues(db: Db): Promise<string[]> {
  const rows = await db.selectFrom("queues").select("sqs_name").where("deleted_when", "is", null).execute();
  return rows.map(({ sqs_name }) => sqs_name);
}

/** The queues of a person that are not deleted. */
export async function ownedQueues(db: Reader, userId: number) {
  return db
    .selectFrom("queues")
    .select(["id", "name", "is_public", "created_when"])
    .where("owner_id", "=", userId)
    .where("deleted_when", "is", null)
    .orderBy("created_when")
    .orderBy("id")
    .execute();
}

/** Gives a queue another owner. The one before shares it from now on. False if it is deleted, or somebody else's. */
export async function changeQueueOwner(
  tx: Tx,
  id: string,
  { from, to }: { from: number; to: number },
): Promise<boolean> {
  const row = await tx
    .updateTable("queues")
    .set({ owner_id: to })
    .where("id", "=", id)
    .where("owner_id", "=", from)
    .where("deleted_when", "is", null)
    .returning("id")
    .executeTakeFirst();
  if (!row) return false;
  await tx.deleteFrom("queue_organizers").where("queue_id", "=", id).where("user_id", "=", to).execute();
  await tx
    .insertInto("queue_organizers")
    .columns(["queue_id", "user_id"])
    .expression((eb) =>
      eb
        .selectFrom("users")
        .select((s) => [s.val(id).as("queue_id"), "users.id as user_id"])
        .where("users.id", "=", from)
        .where("users.deleted_when", "is", null),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return true;
}

/** Takes a person out of the queues that others share with them. */
export async function leaveQueues(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom("queue_organizers").where("user_id", "=", userId).execute();
}
