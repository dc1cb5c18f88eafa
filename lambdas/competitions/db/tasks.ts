import { sql, type Transaction } from "kysely";
import type { TaskFiles } from "../rules/competition.ts";
import type { TaskFacts } from "../../policy/policy.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { partOf, type Order, type Part } from "../../kernel/db/page.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { displayName } from "../../accounts/db/users.ts";

type Tx = Transaction<Database>;
type Reader = Db | Tx;

const sharedWith = sql<number[]>`array(
  select ts.user_id from task_shares ts where ts.task_id = t.id order by ts.user_id)`.as("shared_with");

const sharedWithUsernames = sql<string[]>`array(
  select su.username from task_shares ts join users su on su.id = ts.user_id where ts.task_id = t.id order by ts.user_id)`.as(
  "shared_with_usernames",
);

/** What is needed to run on tasks and to decide who may use them. */
export async function tasksById(db: Reader, ids: number[]) {
  if (ids.length === 0) return [];
  return selectAccess(db).where("t.id", "in", ids).execute();
}

/** Like `tasksById`, by key. */
export async function tasksByKey(db: Reader, keys: string[]) {
  if (keys.length === 0) return [];
  return selectAccess(db).where("t.key", "in", keys).execute();
}

function selectAccess(db: Reader) {
  return db
    .selectFrom("tasks as t")
    .select(["t.id", "t.key", "t.name", "t.created_by", "t.is_public", "t.ingestion_only_during_scoring", sharedWith])
    .orderBy("t.id");
}

export interface TaskDetail extends Omit<TaskFacts, "created_by"> {
  id: number;
  name: string;
  description: string | null;
  key: string;
  created_by: string;
  created_by_id: number;
  /** The usernames for the ids in `shared_with`. */
  shared_with_usernames: string[];
  owner_display_name: string;
  created_when: Date;
  ingestion_only_during_scoring: boolean;
  /** Dataset keys of its files. */
  scoring_program: string | null;
  ingestion_program: string | null;
  input_data: string | null;
  reference_data: string | null;
}

function selectDetails(db: Reader) {
  return db
    .selectFrom("tasks as t")
    .innerJoin("users as u", "u.id", "t.created_by")
    .leftJoin("datasets as sp", "sp.id", "t.scoring_program_id")
    .leftJoin("datasets as ip", "ip.id", "t.ingestion_program_id")
    .leftJoin("datasets as idt", "idt.id", "t.input_data_id")
    .leftJoin("datasets as rd", "rd.id", "t.reference_data_id")
    .select([
      "t.id",
      "t.name",
      "t.description",
      "t.key",
      "u.username as created_by",
      "t.created_by as created_by_id",
      displayName.as("owner_display_name"),
      "t.created_when",
      "t.is_public",
      "t.ingestion_only_during_scoring",
      "sp.key as scoring_program",
      "ip.key as ingestion_program",
      "idt.key as input_data",
      "rd.key as reference_data",
      sharedWith,
      sharedWithUsernames,
    ]);
}

/** Tasks with all details for the API. */
export async function findTaskDetails(db: Reader, ids: number[]): Promise<TaskDetail[]> {
  if (ids.length === 0) return [];
  return selectDetails(db).where("t.id", "in", ids).orderBy("t.id").execute();
}

export interface TaskFilter {
  userId: number;
  includePublic: boolean;
  createdBy?: number | undefined;
  isPublic?: boolean | undefined;
  search?: string | undefined;
  order: Order<"id" | "name">;
}

/** A page of the tasks that a person created or that were shared with them, and their total number. */
export async function listTasks(db: Db, filter: TaskFilter, part: Part) {
  let query = selectDetails(db)
    .select(sql<boolean>`exists (select 1 from phase_tasks pt where pt.task_id = t.id)`.as("is_used_in_competitions"))
    .where((eb) =>
      eb.or([
        eb("t.created_by", "=", filter.userId),
        // An array, unlike `exists`, lets PostgreSQL use an index for each of the alternatives.
        sql<boolean>`t.id = any(array(select ts.task_id from task_shares ts where ts.user_id = ${filter.userId}))`,
        ...(filter.includePublic ? [eb("t.is_public", "=", true)] : []),
      ]),
    );
  if (filter.createdBy !== undefined) query = query.where("t.created_by", "=", filter.createdBy);
  if (filter.isPublic !== undefined) query = query.where("t.is_public", "=", filter.isPublic);
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query.where((eb) => eb.or([eb("t.name", "ilike", pattern), eb("t.description", "ilike", pattern)]));
  }
  const { field, descending } = filter.order;
  const direction = descending ? "desc" : "asc";
  return partOf(
    db,
    query.orderBy(sql.ref(`t.${field}`), direction).$if(field !== "id", (q) => q.orderBy("t.id", direction)),
    part,
  );
}

/** The competitions whose phases use a task. */
export async function competitionsOfTask(db: Reader, taskId: number) {
  return db
    .selectFrom("competitions as c")
    .select(["c.id", "c.title"])
    .where("c.id", "in", (eb) =>
      eb
        .selectFrom("phase_tasks as pt")
        .innerJoin("phases as p", "p.id", "pt.phase_id")
        .select("p.competition_id")
        .where("pt.task_id", "=", taskId),
    )
    .orderBy("c.id")
    .execute();
}

/** Changes to a task: dataset ids of its files. Null removes a file; an absent property leaves it unchanged. */
export interface TaskChanges {
  name?: string;
  description?: string | null;
  isPublic?: boolean;
  ingestionOnlyDuringScoring?: boolean;
  files: { [Role in keyof TaskFiles]?: number | null };
  sharedWith?: number[];
}

const columns = ({ name, description, isPublic, ingestionOnlyDuringScoring, files }: TaskChanges) => ({
  ...(name === undefined ? {} : { name }),
  ...(description === undefined ? {} : { description }),
  ...(isPublic === undefined ? {} : { is_public: isPublic }),
  ...(ingestionOnlyDuringScoring === undefined ? {} : { ingestion_only_during_scoring: ingestionOnlyDuringScoring }),
  ...Object.fromEntries(Object.entries(files).map(([role, id]) => [`${role}_id`, id])),
});

export async function insertTask(tx: Tx, createdBy: number, task: TaskChanges & { name: string }): Promise<number> {
  const { id } = await tx
    .insertInto("tasks")
    .values({ created_by: createdBy, ...columns(task), name: task.name })
    .returning("id")
    .executeTakeFirstOrThrow();
  await setShares(tx, id, task.sharedWith);
  return id;
}

export async function updateTask(tx: Tx, id: number, changes: TaskChanges): Promise<void> {
  const set = columns(changes);
  if (Object.keys(set).length > 0) await tx.updateTable("tasks").set(set).where("id", "=", id).execute();
  await setShares(tx, id, changes.sharedWith);
}

async function setShares(tx: Tx, taskId: number, userIds: number[] | undefined): Promise<void> {
  if (userIds === undefined) return;
  await tx.deleteFrom("task_shares").where("task_id", "=", taskId).execute();
  if (userIds.length > 0)
    await tx
      .insertInto("task_shares")
      .values(userIds.map((user_id) => ({ task_id: taskId, user_id })))
      .execute();
}

/** Deletes those of the tasks that no phase uses, with the solutions of no other task. Returns the ids of the deleted ones. */
export async function deleteUnusedTasks(tx: Tx, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return [];
  const solutions = await tx.selectFrom("solution_tasks").select("solution_id").where("task_id", "in", ids).execute();
  const rows = await tx
    .deleteFrom("tasks as t")
    .where("t.id", "in", ids)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom("phase_tasks as pt").select("pt.task_id").whereRef("pt.task_id", "=", "t.id"))),
    )
    .returning("t.id")
    .execute();
  await sql`
    delete from solutions s where s.id = any(${solutions.map((one) => one.solution_id)}::int[])
      and not exists (select from solution_tasks where solution_id = s.id)`.execute(tx);
  return rows.map((row) => row.id);
}
