// The audit trail, and the audited states of competitions, queues, tasks and organizations.
import { sql } from "kysely";
import {
  auditKinds,
  type AuditedCompetition,
  type AuditEvent,
  type AuditKind,
  type AuditPlace,
  type AuditSubject,
  type Fields,
} from "../rules/audit.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";

const without = (fields: object, names: string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

const asJson = (fields: Fields | null) => fields && JSON.stringify(fields);

/** The columns of a place. At most one is not null. */
const placed = ({ competition, queue, organization }: AuditPlace) => ({
  competition_id: competition ?? null,
  queue_id: queue ?? null,
  organization_id: organization ?? null,
});

/** The events of a place, or of all places. */
function eventsOf(db: Db, place: AuditPlace | "everywhere") {
  const events = db.selectFrom("audit_events as e");
  if (place === "everywhere") return events;
  return events.where((eb) => {
    const { competition_id, queue_id, organization_id } = placed(place);
    if (competition_id !== null) return eb("e.competition_id", "=", competition_id);
    if (queue_id !== null) return eb("e.queue_id", "=", queue_id);
    if (organization_id !== null) return eb("e.organization_id", "=", organization_id);
    return sql<boolean>`num_nonnulls(e.competition_id, e.queue_id, e.organization_id) = 0`;
  });
}

/** Events with the names of who did it. */
const withPeople = (events: ReturnType<typeof eventsOf>) =>
  events.leftJoin("users as u", "u.id", "e.actor_id").leftJoin("users as i", "i.id", "e.impersonator_id");

/** Adds events in the transaction of the change. `actorId` is null for the platform itself. */
export async function insertAuditEvents(
  tx: Tx,
  author: { actorId: number | null; impersonatorId: number | null; reason: string | null },
  events: AuditEvent[],
): Promise<void> {
  // A statement has at most 65535 parameters.
  for (let at = 0; at < events.length; at += 1000)
    await tx
      .insertInto("audit_events")
      .values(
        events.slice(at, at + 1000).map(({ place, kind, subject, before, after }) => ({
          actor_id: author.actorId,
          impersonator_id: author.impersonatorId,
          ...placed(place),
          kind,
          subject_kind: auditKinds[kind],
          subject_id: String(subject),
          before: asJson(before),
          after: asJson(after),
          reason: author.reason,
        })),
      )
      .execute();
}

export interface AuditFilter {
  kind?: AuditKind | undefined;
  subject?: AuditSubject | undefined;
  subjectId?: string | undefined;
  /** Id of a user. */
  actor?: number | undefined;
  username?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  /** A text in the values, the reason or the id of the subject. */
  search?: string | undefined;
  /** Return only events older than this one. */
  before?: number | undefined;
}

/** Events of a place, newest first, with their total number. */
export async function listAuditEvents(
  db: Db,
  place: AuditPlace | "everywhere",
  filter: AuditFilter,
  { offset, limit }: { offset: number; limit: number },
) {
  let query = withPeople(eventsOf(db, place));
  if (filter.kind !== undefined) query = query.where("e.kind", "=", filter.kind);
  if (filter.subject !== undefined) query = query.where("e.subject_kind", "=", filter.subject);
  if (filter.subjectId !== undefined) query = query.where("e.subject_id", "=", filter.subjectId);
  if (filter.actor !== undefined) query = query.where("e.actor_id", "=", filter.actor);
  if (filter.username !== undefined)
    query = query.where(
      sql<boolean>`e.actor_id = (select id from users where lower(username) = lower(${filter.username}))`,
    );
  if (filter.since !== undefined) query = query.where("e.created_when", ">=", filter.since);
  if (filter.until !== undefined) query = query.where("e.created_when", "<", filter.until);
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query.where(
      sql<boolean>`(e.subject_id ilike ${pattern} or e.reason ilike ${pattern}
        or e.before::text ilike ${pattern} or e.after::text ilike ${pattern})`,
    );
  }
  if (filter.before !== undefined) query = query.where("e.id", "<", String(filter.before));
  const { count } = await query.select((eb) => eb.fn.countAll<string>().as("count")).executeTakeFirstOrThrow();
  const events = await asShown(query).offset(offset).limit(limit).execute();
  return { count: Number(count), events };
}

/** The newest events about an account and by it, wherever they belong. */
export async function auditEventsAbout(db: Db, userId: number, limit: number) {
  const about = withPeople(db.selectFrom("audit_events as e")).where((eb) =>
    eb.or([
      eb("e.actor_id", "=", userId),
      eb.and([eb("e.subject_kind", "=", "user"), eb("e.subject_id", "=", String(userId))]),
    ]),
  );
  return asShown(about).limit(limit).execute();
}

/** Selects what people see of events, newest first. */
const asShown = (events: ReturnType<typeof withPeople>) =>
  events
    .select([
      "e.created_when",
      "e.competition_id",
      "e.queue_id",
      "e.organization_id",
      "e.actor_id",
      "u.username as actor",
      "e.impersonator_id",
      "i.username as impersonator",
      "e.kind",
      "e.subject_kind",
      "e.subject_id",
      "e.before",
      "e.after",
      "e.reason",
    ])
    .select(sql<number>`e.id::float8`.as("id"))
    .orderBy("e.id", "desc");

/**
 * Some events after an id that a person caused or that are about the person's account, oldest first. They do not say who else acted.
 */
export async function eventsAbout(db: Db, userId: number, after: string, limit: number) {
  return db
    .selectFrom("audit_events as e")
    .select(["e.id", "e.created_when", "e.kind", "e.subject_kind", "e.subject_id", "e.before", "e.after"])
    .select(sql<boolean>`(e.actor_id is not distinct from ${userId} and e.impersonator_id is null)`.as("own"))
    .select(sql<boolean>`e.impersonator_id is not null`.as("by_administrator_as_you"))
    .where("e.id", ">", after)
    .where((eb) =>
      eb.or([
        eb("e.actor_id", "=", userId),
        eb.and([eb("e.subject_kind", "=", "user"), eb("e.subject_id", "=", String(userId))]),
      ]),
    )
    .orderBy("e.id")
    .limit(limit)
    .execute();
}

export type AuditEventRow = Awaited<ReturnType<typeof listAuditEvents>>["events"][number];

export async function hasAuditEvents(db: Db, place: AuditPlace): Promise<boolean> {
  return (await eventsOf(db, place).select("e.id").limit(1).executeTakeFirst()) !== undefined;
}

/** The audited state of a competition, with the API's field names and without secrets. */
export async function auditedCompetition(tx: Tx, id: number): Promise<AuditedCompetition> {
  const competition = await tx.selectFrom("competitions").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  const { published, queue_id: queue, logo_key: logo, ...others } = competition;
  const phases = await tx.selectFrom("phases").selectAll().where("competition_id", "=", id).orderBy("index").execute();
  const tasks = await tx
    .selectFrom("phase_tasks as pt")
    .innerJoin("phases as p", "p.id", "pt.phase_id")
    .select(["pt.phase_id", "pt.task_id"])
    .where("p.competition_id", "=", id)
    .orderBy("pt.order_index")
    .execute();
  const collaborators = await tx
    .selectFrom("competition_collaborators")
    .select("user_id")
    .where("competition_id", "=", id)
    .orderBy("user_id")
    .execute();
  return {
    settings: {
      ...without(others, ["id", "secret_key", "pseudonym_key", "created_by", "created_when", "bundle_dataset_id"]),
      queue,
      logo,
    },
    published,
    phases: new Map(
      phases.map(({ starts_at: start, ends_at: end, public_data_id, starting_kit_id, ...phase }) => [
        phase.id,
        {
          ...without(phase, ["id", "competition_id", "migrated_when"]),
          blind: phase.blind,
          start,
          end,
          public_data: public_data_id,
          starting_kit: starting_kit_id,
          tasks: tasks.filter(({ phase_id }) => phase_id === phase.id).map(({ task_id }) => task_id),
        },
      ]),
    ),
    leaderboards: await auditedLeaderboards(tx, id),
    collaborators: collaborators.map(({ user_id }) => user_id),
  };
}

async function auditedLeaderboards(tx: Tx, competitionId: number): Promise<AuditedCompetition["leaderboards"]> {
  const boards = await tx
    .selectFrom("leaderboards as l")
    .selectAll("l")
    .where((eb) =>
      eb.or([
        eb("l.competition_id", "=", competitionId),
        eb("l.primary_id", "=", eb.selectFrom("leaderboards").select("id").where("competition_id", "=", competitionId)),
      ]),
    )
    .orderBy("l.position")
    .execute();
  const columns = await tx
    .selectFrom("leaderboard_columns as c")
    .selectAll("c")
    .where(sql<boolean>`c.leaderboard_id = any(${boards.map(({ id }) => id)}::int[])`)
    .orderBy("c.index")
    .execute();
  return new Map(
    boards.map((board) => {
      const isPrimary = board.primary_id === null;
      return [
        board.id,
        {
          ...without(board, ["id", "competition_id", "primary_id", isPrimary ? "position" : "submission_rule"]),
          columns: columns
            .filter(({ leaderboard_id }) => leaderboard_id === board.id)
            .map((column) => without(column, ["leaderboard_id"])),
        },
      ];
    }),
  );
}

/** The audited state of a task. Locks the task until the transaction ends; undefined when the task does not exist. */
export async function auditedTask(tx: Tx, id: number): Promise<{ data: Fields; about: Fields } | undefined> {
  const file = (column: "scoring_program_id" | "ingestion_program_id" | "input_data_id" | "reference_data_id") =>
    sql<string | null>`(select d.key::text from datasets d where d.id = ${sql.ref(`t.${column}`)})`;
  const task = await tx
    .selectFrom("tasks as t")
    .select([
      file("scoring_program_id").as("scoring_program"),
      file("ingestion_program_id").as("ingestion_program"),
      file("input_data_id").as("input_data"),
      file("reference_data_id").as("reference_data"),
      "t.ingestion_only_during_scoring",
      "t.name",
      "t.description",
      "t.is_public",
      sql<number[]>`array(select user_id from task_shares where task_id = t.id order by user_id)`.as("shared_with"),
    ])
    .where("t.id", "=", id)
    .forUpdate("t")
    .executeTakeFirst();
  if (!task) return undefined;
  const { name, description, is_public, shared_with, ...data } = task;
  return { data, about: { name, description, is_public, shared_with } };
}

/** The competitions that use a task in a phase. */
export async function competitionsWithTask(tx: Tx, taskId: number): Promise<number[]> {
  const rows = await tx
    .selectFrom("phase_tasks as pt")
    .innerJoin("phases as p", "p.id", "pt.phase_id")
    .select("p.competition_id")
    .distinct()
    .where("pt.task_id", "=", taskId)
    .orderBy("p.competition_id")
    .execute();
  return rows.map((row) => row.competition_id);
}

/** The profile of an organization. Locks it until the transaction ends; undefined when it does not exist. */
export async function auditedOrganization(tx: Tx, id: number): Promise<Fields | undefined> {
  const organization = await tx
    .selectFrom("organizations")
    .selectAll()
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!organization) return undefined;
  const { photo_key: photo, ...others } = organization;
  return { ...without(others, ["id", "created_when", "photo_icon_key"]), photo };
}
