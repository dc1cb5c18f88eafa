/** Lists submissions. */
import { sql, type RawBuilder } from "kysely";
import type { SubmissionStatus } from "../rules/submission-status.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import type { Order, Part } from "../../kernel/db/page.ts";
import { placeTellsOfScores, selectSubmissions, type SubmissionRow } from "./submissions.ts";

export interface SubmissionFilter {
  /** Null for anonymous visitors, who see Finished leaderboard entries of public competitions. */
  viewerId: number | null;
  viewerIsSuperuser: boolean;
  /** Robots see the submissions to competitions that allow robots. */
  viewerIsBot: boolean;
  phase?: number | undefined;
  competition?: number | undefined;
  /** Any of these, if there are some. */
  statuses: SubmissionStatus[];
  /** A username. */
  owner?: string | undefined;
  task?: number | undefined;
  onLeaderboard?: boolean | undefined;
  search?: string | undefined;
  /** True for only soft-deleted ones, false for only others. */
  softDeleted?: boolean | undefined;
  /** Whether organizers get soft-deleted ones as well. */
  withSoftDeleted: boolean;
  /** Whether the children of submissions to several tasks are in the list beside their parents. */
  withChildren: boolean;
  order: Order<SubmissionOrder>;
}

/** What submissions can be ordered by. */
export const submissionOrders = ["id", "owner", "status", "finished_when"] as const;
type SubmissionOrder = (typeof submissionOrders)[number];

/** A submission in a list, with whether the viewer organizes its competition. */
export type ListedSubmission = SubmissionRow & { organized: boolean };

/** Whether a submission `s` belongs to one of the phases that a query selects. An array lets PostgreSQL use an index beside `or`. */
const inPhases = (phases: RawBuilder<unknown>) => sql<boolean>`s.phase_id = any(array(${phases}))`;

const isOrganizedBy = ({ viewerId, viewerIsSuperuser }: SubmissionFilter) =>
  viewerIsSuperuser
    ? sql<boolean>`true`
    : inPhases(sql`select p.id from phases p where p.competition_id in (
        select id from competitions where created_by = ${viewerId}
        union all select competition_id from competition_collaborators where user_id = ${viewerId})`);

/** A search by name would reveal owners on anonymous leaderboards. */
const mayKnowOwner = (filter: SubmissionFilter) =>
  sql<boolean>`(not c.anonymous_leaderboard or ${isOrganizedBy(filter)} or s.owner_id = ${filter.viewerId ?? 0})`;

/** The submissions that a person may see and that match a filter, whatever their status. */
function matching(db: Db, filter: SubmissionFilter) {
  const { viewerId } = filter;
  const organized = isOrganizedBy(filter);
  let query = db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .innerJoin("users as u", "u.id", "s.owner_id")
    .leftJoin("datasets as d", "d.id", "s.data_id")
    .leftJoin("leaderboards as l", "l.competition_id", "c.id");
  if (viewerId === null)
    query = query
      .where("s.on_leaderboard", "=", true)
      .where("s.status", "=", "Finished")
      .where("c.published", "=", true)
      .where("l.hidden", "=", false)
      .where("p.blind", "=", false);
  else if (!filter.viewerIsSuperuser)
    query = query.where((eb) =>
      eb.or([
        eb("s.owner_id", "=", viewerId),
        organized,
        ...(filter.viewerIsBot
          ? [
              inPhases(sql`select p.id from phases p
                join competitions c on c.id = p.competition_id where c.allow_robot_submissions`),
            ]
          : []),
      ]),
    );
  query = query.where((eb) =>
    filter.withSoftDeleted || filter.softDeleted
      ? eb.or([eb("s.is_soft_deleted", "=", false), organized])
      : eb("s.is_soft_deleted", "=", false),
  );
  if (filter.softDeleted !== undefined) query = query.where("s.is_soft_deleted", "=", filter.softDeleted);
  if (filter.phase !== undefined) query = query.where("s.phase_id", "=", filter.phase);
  if (filter.competition !== undefined)
    query = query.where(inPhases(sql`select id from phases where competition_id = ${filter.competition}`));
  if (filter.owner !== undefined)
    query = query
      .where(sql<boolean>`s.owner_id = (select id from users where lower(username) = lower(${filter.owner}))`)
      .where(mayKnowOwner(filter));
  if (filter.task !== undefined) query = query.where("s.task_id", "=", filter.task);
  if (filter.onLeaderboard !== undefined)
    query = query
      .where("s.on_leaderboard", "=", filter.onLeaderboard)
      // Where only organizers may know the best submission, others find none by its place.
      .where(sql<boolean>`(${organized} or not ${placeTellsOfScores})`);
  if (!filter.withChildren) query = query.where("s.parent_id", "is", null);
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query
      .where((eb) =>
        eb.or([
          eb("d.file_name", "ilike", pattern),
          eb("d.name", "ilike", pattern),
          eb("s.description", "ilike", pattern),
          eb("u.username", "ilike", pattern),
        ]),
      )
      .where(mayKnowOwner(filter));
  }
  return query;
}

/** The part of a list of submissions that a person may see. */
export async function listSubmissions(
  db: Db,
  filter: SubmissionFilter,
  { offset, limit }: Part,
): Promise<ListedSubmission[]> {
  const { field, descending } = filter.order;
  const direction = descending ? "desc" : "asc";
  let query = matching(db, filter).select("s.id");
  if (filter.statuses.length > 0) query = query.where("s.status", "in", filter.statuses);
  if (field === "owner")
    // The order must not tell who is behind a pseudonym.
    query = query.orderBy(sql`case when ${mayKnowOwner(filter)} then u.username end`, direction);
  else if (field !== "id") query = query.orderBy(sql.ref(`s.${field}`), direction);
  const ids = await query.orderBy("s.id", direction).offset(offset).limit(limit).execute();
  // Scores and children are read for what is shown only, not for what is skipped.
  const rows = await selectSubmissions(db)
    .select(isOrganizedBy(filter).as("organized"))
    .where(sql<boolean>`s.id = any(${ids.map(({ id }) => id)}::int[])`)
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap(({ id }) => byId.get(id) ?? []);
}

/** How many submissions of a list have each status, whatever statuses the filter names. */
export async function countByStatus(db: Db, filter: SubmissionFilter): Promise<Map<SubmissionStatus, number>> {
  const rows = await matching(db, filter)
    .select((eb) => ["s.status", eb.fn.countAll<string>().as("count")])
    .groupBy("s.status")
    .execute();
  return new Map(rows.map(({ status, count }) => [status, Number(count)]));
}
