/** What people leave behind in competitions when they delete their account, and what is handed over with a competition. */
import { isBannedNow } from "../../accounts/db/users.ts";
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** Another person takes part in the competition `c`, or has submitted to it. */
const hasOthers = sql<boolean>`(
  exists (select from participants p where p.competition_id = c.id and p.user_id != c.created_by
    and p.status in ('approved', 'pending'))
  or exists (select from phases ph join submissions s on s.phase_id = ph.id
    where ph.competition_id = c.id and s.owner_id != c.created_by))`;

/** The other organizer of `c` to whom it passes if its creator leaves: the one with the oldest account. */
const successor = sql<number | null>`(
  select u.id from competition_collaborators cc join users u on u.id = cc.user_id
  where cc.competition_id = c.id and u.id != c.created_by and u.deleted_when is null and not ${isBannedNow("u")}
  order by u.id limit 1)`;

/** The competitions that a person created. */
export async function competitionsCreatedBy(db: Db, userId: number) {
  return db
    .selectFrom("competitions as c")
    .select(["c.id", "c.title", "c.published", hasOthers.as("has_others"), successor.as("successor")])
    .where("c.created_by", "=", userId)
    .orderBy("c.id")
    .execute();
}

/** Gives a competition another creator. The one before becomes another organizer. False if somebody else has created it. */
export async function changeCreator(tx: Tx, id: number, { from, to }: { from: number; to: number }): Promise<boolean> {
  const row = await tx
    .updateTable("competitions")
    .set({ created_by: to })
    .where("id", "=", id)
    .where("created_by", "=", from)
    .returning("id")
    .executeTakeFirst();
  if (!row) return false;
  await tx
    .deleteFrom("competition_collaborators")
    .where("competition_id", "=", id)
    .where("user_id", "in", [from, to])
    .execute();
  return true;
}

export async function addCollaborator(tx: Tx, competitionId: number, userId: number): Promise<void> {
  await tx
    .insertInto("competition_collaborators")
    .values({ competition_id: competitionId, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Gives a person what another one made for a competition and uses nowhere else: its tasks, their solutions, and the data of all of
 * these, of its phases, and of its bundle and dumps. A name that the new owner has already gets the key of the dataset at its end.
 */
export async function moveBelongings(
  tx: Tx,
  competitionId: number,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const tasks = await sql<{ id: number }>`
    update tasks t set created_by = ${to}
    where t.created_by = ${from} and exists (
        select from phase_tasks pt join phases p on p.id = pt.phase_id
        where pt.task_id = t.id and p.competition_id = ${competitionId})
      and not exists (
        select from phase_tasks pt join phases p on p.id = pt.phase_id
        where pt.task_id = t.id and p.competition_id != ${competitionId})
    returning t.id`.execute(tx);
  const taskIds = tasks.rows.map(({ id }) => id);
  await sql`
    update solutions s set created_by = ${to}
    where s.created_by = ${from}
      and exists (select from solution_tasks st where st.solution_id = s.id and st.task_id = any(${taskIds}::int[]))
      and not exists (
        select from solution_tasks st where st.solution_id = s.id and not st.task_id = any(${taskIds}::int[]))`.execute(
    tx,
  );
  await sql`
    with used as (
      select unnest(array[t.scoring_program_id, t.ingestion_program_id, t.input_data_id, t.reference_data_id]) as id
        from tasks t where t.id = any(${taskIds}::int[])
      union select s.dataset_id from solutions s join solution_tasks st on st.solution_id = s.id
        where st.task_id = any(${taskIds}::int[]) and s.created_by = ${to}
      union select unnest(array[public_data_id, starting_kit_id]) from phases where competition_id = ${competitionId}
      union select bundle_dataset_id from competitions where id = ${competitionId}
      union select dataset_id from competition_dumps where competition_id = ${competitionId})
    update datasets d set created_by = ${to}, name = case
      when exists (select from datasets o where o.created_by = ${to} and o.name = d.name) then d.name || ' (' || d.key || ')'
      else d.name end
    where d.created_by = ${from} and d.id in (select id from used)
      and not exists (select from tasks t where not t.id = any(${taskIds}::int[])
        and d.id in (t.scoring_program_id, t.ingestion_program_id, t.input_data_id, t.reference_data_id))
      and not exists (select from phases p where p.competition_id != ${competitionId}
        and d.id in (p.public_data_id, p.starting_kit_id))
      and not exists (select from competitions c where c.id != ${competitionId} and c.bundle_dataset_id = d.id)
      and not exists (select from solutions s where s.dataset_id = d.id and s.created_by != ${to})
      and not exists (select from submissions s where s.data_id = d.id)`.execute(tx);
}

/** Parents and single submissions of a person that have not ended, and that no organizer has made by running one again. */
export async function openSubmissionsOf(db: Db, userId: number) {
  return db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .select([
      "s.id",
      "s.parent_id as parent",
      "s.has_children",
      "p.competition_id",
      "s.phase_id",
      "s.owner_id",
      "s.status",
    ])
    .where("s.owner_id", "=", userId)
    .where("s.parent_id", "is", null)
    .where("s.first_run_id", "is", null)
    .where("s.migrated_from_id", "is", null)
    .where("s.status", "not in", ["Finished", "Failed", "Cancelled"])
    .orderBy("s.id")
    .execute();
}

/** Ends what a person was waiting for, and deletes what is only about the person: places in competitions without a submission. */
export async function endParticipation(tx: Tx, userId: number): Promise<void> {
  await tx
    .updateTable("competition_creations")
    .set({ status: "Failed", details: "The account was deleted.", lease_until: null })
    .where("created_by", "=", userId)
    .where("status", "in", ["Starting", "Unpacking"])
    .execute();
  await tx
    .updateTable("competition_dumps")
    .set({ status: "Failed", details: "The account was deleted.", lease_until: null })
    .where("created_by", "=", userId)
    .where("status", "in", ["Starting", "Dumping"])
    .execute();
  await tx.deleteFrom("competition_collaborators").where("user_id", "=", userId).execute();
  await tx.deleteFrom("task_shares").where("user_id", "=", userId).execute();
  await tx.deleteFrom("waits").where("user_id", "=", userId).execute();
  await tx
    .deleteFrom("participants as p")
    .where("p.user_id", "=", userId)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom("submissions as s").select("s.id").whereRef("s.participant_id", "=", "p.id"))),
    )
    .execute();
}

/** Deletes a person's tasks and solutions that nobody else can use. */
export async function deleteUnusedTasks(tx: Tx, userId: number): Promise<void> {
  await sql`
    delete from tasks t where t.created_by = ${userId} and not t.is_public
      and not exists (select from phase_tasks pt where pt.task_id = t.id)
      and not exists (select from task_shares ts where ts.task_id = t.id)`.execute(tx);
  await sql`
    delete from solutions s where s.created_by = ${userId}
      and not exists (select from solution_tasks st where st.solution_id = s.id)`.execute(tx);
}

/**
 * Deletes a person's datasets that are private and used nowhere, and returns the keys of their files. Dumps of a competition stay
 * for its organizers.
 */
export async function deleteUnusedDatasets(tx: Tx, userId: number, limit: number): Promise<string[]> {
  const { rows } = await sql<{ keys: string[] }>`
    delete from datasets where id in (
      select d.id from datasets d
      where d.created_by = ${userId} and not d.is_public
        and not exists (select from submissions where data_id = d.id)
        and not exists (select from solutions where dataset_id = d.id)
        and not exists (select from phases where d.id in (public_data_id, starting_kit_id))
        and not exists (select from competitions where bundle_dataset_id = d.id)
        and not exists (select from tasks
          where d.id in (scoring_program_id, ingestion_program_id, input_data_id, reference_data_id))
        and not exists (select from competition_dumps where dataset_id = d.id and competition_id is not null)
      order by d.id limit ${limit}
      -- Whoever begins to use one of them locks it.
      for update)
    returning array_remove(array[object_key, incoming_key, upload_key], null) as keys`.execute(tx);
  return rows.flatMap(({ keys }) => keys);
}

/** Deletes what remains of imports whose bundle and competition are gone. */
export async function forgetCreations(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom("competition_creations").where("created_by", "=", userId).execute();
}

/** A person's places in competitions. */
export async function participationsOf(db: Db, userId: number) {
  return db
    .selectFrom("participants as p")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .select(["c.id as competition", "c.title", "p.status", "p.created_when", "p.organization_id as organization"])
    .where("p.user_id", "=", userId)
    .orderBy("p.id")
    .execute();
}

/** The competitions that a person created or organizes with others. */
export async function organizedCompetitions(db: Db, userId: number) {
  return db
    .selectFrom("competitions as c")
    .select(["c.id", "c.title", "c.description", "c.published", "c.created_when", "c.contact_email", "c.reward"])
    .select(sql<boolean>`c.created_by = ${userId}`.as("is_creator"))
    .where((eb) =>
      eb.or([
        eb("c.created_by", "=", userId),
        sql<boolean>`c.id = any(array(
          select competition_id from competition_collaborators where user_id = ${userId}))`,
      ]),
    )
    .orderBy("c.id")
    .execute();
}

/** Tasks that a person made. */
export async function tasksOf(db: Db, userId: number) {
  return db
    .selectFrom("tasks")
    .select(["id", "key", "name", "description", "is_public", "created_when"])
    .where("created_by", "=", userId)
    .orderBy("id")
    .execute();
}

/** Some of a person's datasets after an id, in the order of their ids, without the files of submissions. */
export async function datasetsAfter(db: Db, userId: number, after: number, limit: number) {
  return db
    .selectFrom("datasets")
    .select([
      "id",
      "key",
      "type",
      "name",
      "description",
      "license",
      "is_public",
      "file_name",
      "file_size",
      "created_when",
      "object_key",
    ])
    .where("created_by", "=", userId)
    .where("type", "!=", "submission")
    .where("id", ">", after)
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Ids of some of a person's submissions after an id, children among them. */
export async function submissionIdsAfter(db: Db, userId: number, after: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom("submissions")
    .select("id")
    .where("owner_id", "=", userId)
    .where("id", ">", after)
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
