/**
 * Where the rows of a list of submissions come from: what a person organizes, phase by phase, and what is their own. Each has an index
 * in the order of the list, so that a page reads a page of each (decision 50).
 */
import { sql, type RawBuilder } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import type { Order, Part } from "../../kernel/db/page.ts";
import { everybody } from "./counts.ts";
import type { SubmissionFilter, SubmissionOrder } from "./submission-filter.ts";

/** Whose submissions a list has. */
export interface Reach {
  viewerId: number | null;
  /** Whether it has those of the whole platform. */
  everything: boolean;
  /** Phases that the viewer organizes, and others of which they see everything; visitors see what is on their leaderboards. */
  organized: number[];
  others: number[];
  organizesAll: boolean;
}

/** A search counts at most so many. */
export const mostFound = 1000;
/** A search that finds more files or submissions reads submissions in the order of the list until a page is full. */
const mostCandidates = 10_000;

export const latestFirst: Order<SubmissionOrder> = { field: "id", descending: true };

/** Phases of competitions on queues that a person runs, as a condition on competitions `c`. */
const runsQueue = (viewerId: number) => sql<boolean>`c.queue_id in (
  select id from queues where owner_id = ${viewerId} and deleted_when is null
  union all select queue_id from queue_organizers where user_id = ${viewerId})`;

/** Finds out whose submissions a list has. Who runs a queue sees those to competitions on it in the list of where they run. */
export async function reachOf(db: Db, filter: SubmissionFilter, list = { ofQueues: false }): Promise<Reach> {
  const { viewerId, viewerIsSuperuser: organizesAll, phase, competition } = filter;
  const reach: Reach = { viewerId, everything: false, organized: [], others: [], organizesAll };
  // The whole platform is in the order of ids. In other orders it is read phase by phase.
  if (organizesAll && phase === undefined && competition === undefined && filter.order.field === "id")
    return { ...reach, everything: true };
  const organized = organizesAll
    ? sql<boolean>`true`
    : sql<boolean>`c.id = any(array(select id from competitions where created_by = ${viewerId}
        union all select competition_id from competition_collaborators where user_id = ${viewerId}))`;
  const others = [
    ...(viewerId === null ? [isPublic] : []),
    ...(filter.viewerIsBot ? [sql`c.allow_robot_submissions`] : []),
    ...(list.ofQueues && viewerId !== null ? [runsQueue(viewerId)] : []),
  ];
  const { rows } = await sql<{ id: number; organized: boolean }>`
    select p.id, ${organized} as organized from phases p join competitions c on c.id = p.competition_id
    where (${sql.join([organized, ...others], sql` or `)})
      ${phase === undefined ? sql`` : sql`and p.id = ${phase}`}
      ${competition === undefined ? sql`` : sql`and p.competition_id = ${competition}`}
    order by p.id`.execute(db);
  const ids = (is: boolean) => rows.flatMap((row) => (row.organized === is ? [row.id] : []));
  return { ...reach, organized: ids(true), others: ids(false) };
}

/** Whether everybody may see the leaderboard of a phase `p` of a competition `c`. */
const isPublic = sql<boolean>`(c.published and not p.blind
  and exists (select from leaderboards l where l.competition_id = c.id and not l.hidden))`;

/** Whether the viewer organizes the competition of a submission `s`. */
export const isOrganized = ({ organizesAll, organized }: Reach) =>
  organizesAll ? sql<boolean>`true` : sql<boolean>`s.phase_id = any(${organized}::int[])`;

/** A search by name would reveal owners on anonymous leaderboards. */
const mayKnowOwner = (
  reach: Reach,
) => sql<boolean>`(${isOrganized(reach)} or s.owner_id = ${reach.viewerId ?? everybody}
  or not (select c.anonymous_leaderboard from phases p join competitions c on c.id = p.competition_id where p.id = s.phase_id))`;

/** Where only organizers may know the best submission, others find none by its place. */
const placeIsSecret = sql<boolean>`(select p.blind and coalesce(l.submission_rule = 'Force_Best', false)
  from phases p left join leaderboards l on l.competition_id = p.competition_id where p.id = s.phase_id)`;

/** Of others' submissions, visitors see those on leaderboards. */
const isShown = ({ viewerId }: Reach) =>
  viewerId === null ? sql<boolean>`s.on_leaderboard and s.status = 'Finished'` : sql<boolean>`true`;

/** Whether submissions `s`, or their numbers, match a filter. */
export function matches(filter: SubmissionFilter, reach: Reach, isParent: RawBuilder<boolean>) {
  const conditions = [
    filter.withSoftDeleted || filter.softDeleted
      ? sql<boolean>`(not s.is_soft_deleted or ${isOrganized(reach)})`
      : sql<boolean>`not s.is_soft_deleted`,
  ];
  const add = (condition: RawBuilder<boolean>) => void conditions.push(condition);
  if (filter.softDeleted !== undefined) add(sql`s.is_soft_deleted = ${filter.softDeleted}`);
  if (filter.statuses.length > 0) add(sql`s.status = any(${filter.statuses})`);
  if (filter.owner !== undefined) add(sql`s.owner_id = ${named(filter.owner)} and ${mayKnowOwner(reach)}`);
  if (filter.task !== undefined) add(sql`s.task_id = ${filter.task}`);
  if (filter.onLeaderboard !== undefined)
    add(sql`s.on_leaderboard = ${filter.onLeaderboard} and (${isOrganized(reach)} or not ${placeIsSecret})`);
  if (!filter.withChildren) add(isParent);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

const named = (username: string) => sql<number>`(select id from users where lower(username) = lower(${username}))`;

/** The phase and competition of a filter, for what is not read phase by phase. */
const inPlace = ({ phase, competition }: SubmissionFilter) => sql<boolean>`(
  ${phase === undefined ? sql`true` : sql`s.phase_id = ${phase}`}
  and ${competition === undefined ? sql`true` : sql`s.phase_id = any(array(select id from phases where competition_id = ${competition}))`})`;

/** The numbers of the submissions of a list. */
export function numbersOf(filter: SubmissionFilter, reach: Reach): RawBuilder<unknown> {
  const whose = filter.owner === undefined ? sql`${everybody}::int` : named(filter.owner);
  const numbers = (condition: RawBuilder<boolean>) => sql`select * from submission_counts s where ${condition}`;
  if (reach.everything) return numbers(sql`s.owner_id = ${whose}`);
  const phases = sql`${phasesOf(reach)}::int[]`;
  return sql`${numbers(sql`s.phase_id = any(${phases}) and s.owner_id = ${whose} and ${isShown(reach)}`)} union all
    ${numbers(sql`s.owner_id = ${reach.viewerId} and s.phase_id <> all(${phases}) and ${inPlace(filter)}`)}`;
}

const phasesOf = ({ organized, others }: Reach) => [...organized, ...others];

/** The order of a list, by its columns. */
export const inOrder = ({ field, descending }: Order<SubmissionOrder>, key: string, id: string) => {
  const direction = descending ? sql`desc` : sql`asc`;
  return field === "id"
    ? sql`${sql.ref(id)} ${direction}`
    : sql`${sql.ref(key)} ${direction}, ${sql.ref(id)} ${direction}`;
};

/** What a list has besides its filter. */
export interface Found {
  /** A condition on a submission `s`. */
  condition: RawBuilder<boolean>;
  /** A query for the ids of all submissions that fulfil it, if they are not many. */
  candidates: RawBuilder<unknown> | null;
}

export const notSearched: Found = { condition: sql<boolean>`true`, candidates: null };

/** The ids of the first submissions of a list with the `key` by which it is ordered: those of the part, and those before it. */
export function source(
  filter: SubmissionFilter,
  reach: Reach,
  { offset, limit }: Part,
  also: Found,
): RawBuilder<unknown> {
  const { order, statuses } = filter;
  const most = offset + limit;
  const direction = order.descending ? sql`desc` : sql`asc`;
  const key = {
    id: sql`null::text`,
    owner: sql`case when ${mayKnowOwner(reach)} then (select username from users where id = s.owner_id) end`,
    status: sql`s.status`,
    finished_when: sql`s.finished_when`,
  }[order.field];
  const sort = order.field === "owner" ? "key" : `s.${order.field}`;
  const wanted = (one: SubmissionFilter) =>
    sql<boolean>`${matches(one, reach, sql`s.parent_id is null`)} and ${also.condition}`;
  /** The first rows of some in the order of the list. `lead` has the columns of an index before that order, of which each has one value. */
  const firstOf = (rows: RawBuilder<unknown>, condition: RawBuilder<boolean>, lead: string[] = []) => {
    const isLed = lead.includes("s.status");
    return sql`
      (select s.id, ${key} as key from ${rows} where ${condition} and ${wanted(isLed ? { ...filter, statuses: [] } : filter)}
      order by ${sql.join([...lead.map((column) => sql`${sql.ref(column)} ${direction}`), inOrder(order, sort, "s.id")])} limit ${most})`;
  };
  const submissions = sql`submissions s`;
  const own = sql<boolean>`s.owner_id = ${reach.viewerId} and ${inPlace(filter)}`;
  const phases = sql`${phasesOf(reach)}::int[]`;
  if (also.candidates) {
    const isSeen = sql<boolean>`(s.phase_id = any(${phases}) and ${isShown(reach)} or ${own})`;
    return firstOf(
      submissions,
      sql`s.id = any(array(${also.candidates})) and ${reach.everything ? sql`true` : isSeen}`,
    );
  }
  if (reach.viewerId === null) return firstOf(submissions, sql`s.phase_id = any(${phases}) and ${isShown(reach)}`);
  if (reach.everything && statuses.length === 0) return firstOf(submissions, sql`true`);
  /** The rows of each value of an array, because an index has them in order for one value only. */
  const each = (values: RawBuilder<unknown>, rows: RawBuilder<unknown>) =>
    sql`select one.id, one.key from ${values} cross join lateral ${rows} as one`;
  const eachStatus = sql`unnest(${statuses}::text[]) as wanted (status)`;
  const eachPhase = (ids: number[]) => sql`unnest(${ids}::int[]) as phase (id)`;
  // With `=`, PostgreSQL would take the primary key for an index in the same order, and read the rows of all phases and statuses.
  const ofStatus = sql<boolean>`s.status between wanted.status and wanted.status`;
  const ofPhase = sql<boolean>`s.phase_id between phase.id and phase.id`;
  const ofBoth = sql<boolean>`(s.phase_id, s.status) >= (phase.id, wanted.status) and (s.phase_id, s.status) <= (phase.id, wanted.status)`;
  if (reach.everything) return each(eachStatus, firstOf(submissions, ofStatus, ["s.status"]));
  const inPhases = (ids: number[]) =>
    order.field === "id" && statuses.length > 0
      ? each(sql`${eachPhase(ids)} cross join ${eachStatus}`, firstOf(submissions, ofBoth, ["s.phase_id", "s.status"]))
      : each(eachPhase(ids), firstOf(submissions, ofPhase, order.field === "owner" ? [] : ["s.phase_id"]));
  const streams = [
    order.field === "owner" && filter.owner === undefined
      ? each(eachPhase(reach.organized), byOwner(order, wanted(filter), most))
      : inPhases(reach.organized),
    ...(reach.others.length > 0 ? [inPhases(reach.others)] : []),
    sql`select one.id, one.key from ${firstOf(submissions, sql`${own} and s.phase_id <> all(${phases})`)} as one`,
  ];
  return sql.join(streams, sql` union all `);
}

/** The first submissions to a phase in the order of their owners' names: owner by owner. */
const byOwner = ({ descending }: Order, wanted: RawBuilder<boolean>, most: number) => {
  const direction = descending ? sql`desc` : sql`asc`;
  return sql`(
    select one.id, u.username as key from (
      select id, username from users
      where id = any(array(select owner_id from submission_counts k where k.phase_id = phase.id and k.owner_id <> ${everybody}::int))
      order by username ${direction}) as u
    cross join lateral (
      select s.id from submissions s where s.owner_id = u.id and s.phase_id = phase.id and ${wanted}
      order by s.id ${direction} limit ${most}) as one
    order by u.username ${direction}, one.id ${direction} limit ${most})`;
};

/** What a search finds: submissions with a text in their description or in the names of their file or owner. */
export async function searchFor(db: Db, { search }: SubmissionFilter, reach: Reach): Promise<Found> {
  if (search === undefined || search === "") return notSearched;
  const text = containing(search);
  const known = mayKnowOwner(reach);
  const candidates = await candidatesOf(db, text, reach);
  if (candidates) return { condition: known, candidates };
  return {
    condition: sql<boolean>`${known} and coalesce(s.description ilike ${text}
      or (select d.file_name ilike ${text} or d.name ilike ${text} from datasets d where d.id = s.data_id)
      or (select u.username ilike ${text} from users u where u.id = s.owner_id), false)`,
    candidates: null,
  };
}

/** The ids of all submissions that have a text; null if many may have it, or if a list has only the viewer's own. */
async function candidatesOf(db: Db, text: string, reach: Reach): Promise<RawBuilder<unknown> | null> {
  const phases = phasesOf(reach);
  if (reach.viewerId !== null && !reach.everything && phases.length === 0) return null;
  const inReach = (column: string) =>
    reach.everything ? sql<boolean>`true` : sql<boolean>`${sql.ref(column)} = any(${phases}::int[])`;
  const { rows: owners } = await sql<{ id: number; n: number }>`
    select u.id, sum(k.n)::int as n from users u join submission_counts k on k.owner_id = u.id
    where u.username ilike ${text} and ${inReach("k.phase_id")} group by u.id`.execute(db);
  if (owners.reduce((sum, { n }) => sum + n, 0) > mostCandidates) return null;
  const files = await sql<{ id: number }>`
    select id from datasets where name ilike ${text} or file_name ilike ${text} limit ${mostCandidates + 1}`.execute(
    db,
  );
  if (files.rows.length > mostCandidates) return null;
  const described = await sql<{ id: number }>`
    select id from submissions where description ilike ${text} limit ${mostCandidates + 1}`.execute(db);
  if (described.rows.length > mostCandidates) return null;
  const ids = (rows: { id: number }[]) => sql`any(${rows.map(({ id }) => id)}::int[])`;
  return sql`
    select id from submissions where data_id = ${ids(files.rows)}
    union select id from submissions where owner_id = ${ids(owners)} and (${inReach("phase_id")} or owner_id = ${reach.viewerId})
    union select id from submissions where id = ${ids(described.rows)}`;
}
