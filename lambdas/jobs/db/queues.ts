import { sql, type Transaction } from "kysely";
import type { ProfileUser, QueueCapacity } from "../rules/capacity.ts";
import type { QueueFacts } from "../../policy/policy.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import type { Database } from "../../kernel/db/schema.ts";

type Tx = Transaction<Database>;
type Reader = Db | Tx;

const organizers = sql<number[]>`array(
  select qo.user_id from queue_organizers qo where qo.queue_id = q.id order by qo.user_id)`.as("organizers");

/** What deciding who may do what with a queue takes. */
export async function findQueueAccess(db: Reader, id: string): Promise<(QueueFacts & { id: string }) | undefined> {
  return db
    .selectFrom("queues as q")
    .select(["q.id", "q.owner_id", "q.is_public", organizers])
    .where("q.id", "=", id)
    .where("q.deleted_when", "is", null)
    .executeTakeFirst();
}

/** What a queue's owner decides about its jobs. */
export interface QueueSettings extends QueueCapacity {
  /** The most jobs at a time; null is as many as there are slots. */
  max_running: number | null;
  /** The longest a step may run, in seconds. */
  max_step_seconds: number | null;
  max_submission_bytes: number | null;
  /** False while it is drained: what is there runs, nothing is added. */
  accepts_jobs: boolean;
}

export interface QueueRow extends QueueFacts, QueueSettings {
  id: string;
  name: string;
  sqs_name: string;
  owner: string | null;
  /** Whose choice its profiles are. */
  chooser: ProfileUser;
  created_when: Date;
  /** The organizers it is shared with, by name. */
  shared_with: { id: number; username: string }[];
  /** Competitions on it that the viewer may know of. */
  competitions: { id: number; title: string }[];
}

function selectQueues(db: Reader, viewer: { id: number; isSuperuser: boolean }) {
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
      "q.prediction_profile",
      "q.scoring_profile",
      "q.max_running",
      "q.max_step_seconds",
      sql<number | null>`q.max_submission_bytes::float8`.as("max_submission_bytes"),
      "q.accepts_jobs",
      organizers,
      sql<QueueRow["shared_with"]>`coalesce((
        select json_agg(json_build_object('username', o.username, 'id', o.id) order by o.id)
        from queue_organizers qo join users o on o.id = qo.user_id where qo.queue_id = q.id), '[]')`.as("shared_with"),
      sql<QueueRow["competitions"]>`coalesce((
        select json_agg(json_build_object('id', c.id, 'title', c.title) order by c.id)
        from competitions c where c.queue_id = q.id and (${viewer.isSuperuser} or c.published or c.created_by = ${viewer.id}
          or exists (select 1 from competition_collaborators cc
            where cc.competition_id = c.id and cc.user_id = ${viewer.id}))), '[]')`.as("competitions"),
    ])
    .where("q.deleted_when", "is", null);
}

export async function findQueueRow(
  db: Reader,
  id: string,
  viewer: { id: number; isSuperuser: boolean },
): Promise<QueueRow | undefined> {
  return selectQueues(db, viewer).where("q.id", "=", id).executeTakeFirst();
}

export interface QueueFilter {
  viewer: { id: number; isSuperuser: boolean };
  includePublic: boolean;
  search?: string | undefined;
}

/** A page of the queues a person owns or shares, by name, and how many there are. Superusers get all. */
export async function listQueues(
  db: Db,
  filter: QueueFilter,
  page: { offset: number; limit: number },
): Promise<{ count: number; queues: QueueRow[] }> {
  const { viewer } = filter;
  let query = selectQueues(db, viewer);
  if (!viewer.isSuperuser)
    query = query.where((eb) =>
      eb.or([
        eb("q.owner_id", "=", viewer.id),
        sql<boolean>`exists (select 1 from queue_organizers qo where qo.queue_id = q.id and qo.user_id = ${viewer.id})`,
        ...(filter.includePublic ? [eb("q.is_public", "=", true)] : []),
      ]),
    );
  if (filter.search) query = query.where("q.name", "ilike", containing(filter.search));
  const { count } = await db
    .selectFrom(query.as("matching"))
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  const queues = await query.orderBy("q.name").orderBy("q.id").offset(page.offset).limit(page.limit).execute();
  return { count: Number(count), queues };
}

/** Holds a person's row until the transaction ends and counts the queues they own. */
export async function countOwnQueues(tx: Tx, ownerId: number): Promise<number> {
  await tx.selectFrom("users").select("id").where("id", "=", ownerId).forUpdate().execute();
  const { count } = await tx
    .selectFrom("queues")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("owner_id", "=", ownerId)
    .where("deleted_when", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
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
      ...queue.settings,
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
    ...changes.settings,
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

/** Sends competitions of people who neither own nor share a queue back to the default one. */
export async function detachStrangers(tx: Tx, id: string): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    update competitions c set queue_id = null
    from queues q
    where q.id = ${id} and c.queue_id = q.id and c.created_by is distinct from q.owner_id
      and not exists (select 1 from queue_organizers qo where qo.queue_id = q.id and qo.user_id = c.created_by)
    returning c.id`.execute(tx);
  return rows.map((row) => row.id);
}

/** Holds a queue until the transaction ends, so that no job is added, and counts its jobs that wait or run. */
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

/**
 * Takes a queue away: competitions go back to the default one, its workers' tokens open nothing any more, and doorbells that
 * were not sent yet are dropped.
 */
export async function removeQueue(tx: Tx, id: string): Promise<number[]> {
  const competitions = await tx
    .updateTable("competitions")
    .set({ queue_id: null })
    .where("queue_id", "=", id)
    .returning("id")
    .execute();
  await tx
    .updateTable("worker_tokens")
    .set({ revoked_when: sql<Date>`now()` })
    .where("queue_id", "=", id)
    .where("revoked_when", "is", null)
    .execute();
  await tx.deleteFrom("queue_organizers").where("queue_id", "=", id).execute();
  const { sqs_name } = await tx
    .updateTable("queues")
    .set({ deleted_when: sql<Date>`now()` })
    .where("id", "=", id)
    .returning("sqs_name")
    .executeTakeFirstOrThrow();
  await tx.deleteFrom("outbox").where("queue_name", "=", sqs_name).where("sent_when", "is", null).execute();
  return competitions.map((competition) => competition.id);
}
