import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { participantsCount, submissionsCount } from "./counts.ts";
import type { ParticipantStatus } from "./participants.ts";
import { partOf, type Order, type Part } from "../../kernel/db/page.ts";
import { displayName } from "../../accounts/db/users.ts";

const selectListed = (db: Db) =>
  db
    .selectFrom("competitions as c")
    .innerJoin("users as u", "u.id", "c.created_by")
    .select([
      "c.id",
      "c.title",
      "u.username as created_by",
      displayName.as("owner_display_name"),
      "c.created_when",
      "c.published",
      "c.logo_key",
      "c.logo_large_key",
      "c.logo_icon_key",
      "c.description",
      "c.competition_type",
      "c.reward",
      "c.contact_email",
      "c.report",
      "c.is_featured",
      participantsCount,
      submissionsCount,
    ]);

export type ListedCompetition = Awaited<ReturnType<ReturnType<typeof selectListed>["execute"]>>[number];

const organizes = (userId: number | null) => sql<boolean>`(c.created_by = ${userId} or exists (
  select 1 from competition_collaborators cc where cc.competition_id = c.id and cc.user_id = ${userId}))`;
const participates = (userId: number | null) => sql<boolean>`exists (
  select 1 from participants p where p.competition_id = c.id and p.user_id = ${userId} and p.status = 'approved')`;

/** How many competitions a profile names. */
const mostInProfile = 50;

/**
 * Published competitions that a person organizes or takes part in, newest first, without those that administrators took out of
 * lists. Who takes part in a competition with an anonymous leaderboard is left out, because its rows hide exactly that.
 */
export const publicCompetitionsOf = (db: Db, userId: number, as: "organizer" | "participant") =>
  selectListed(db)
    .where("c.published", "=", true)
    .where("c.listing", "=", "listed")
    .where(
      as === "organizer"
        ? organizes(userId)
        : sql<boolean>`(${participates(userId)} and not ${organizes(userId)} and not c.anonymous_leaderboard)`,
    )
    .orderBy("c.id", "desc")
    .limit(mostInProfile)
    .execute();

export interface CompetitionFilter {
  /** Null if nobody is logged in. */
  userId: number | null;
  seesEverything: boolean;
  type: "competition" | "benchmark" | "any";
  search?: string | undefined;
  mine: boolean;
  participating: boolean;
  secretKey?: string | undefined;
}

/** Lists the competitions that a person may see, oldest first. */
export const listCompetitions = (db: Db, filter: CompetitionFilter): Promise<ListedCompetition[]> =>
  visible(db, filter).orderBy("c.created_when").orderBy("c.id").execute();

/** A page of the competitions that a person may see, in an order, and their total number. */
export const pageOfCompetitions = (
  db: Db,
  filter: CompetitionFilter,
  { field, descending }: CompetitionOrder,
  part: Part,
): Promise<{ count: number; rows: ListedCompetition[] }> => {
  const direction = descending ? "desc" : "asc";
  return partOf(
    db,
    visible(db, filter)
      .orderBy(sql.ref(`c.${field}`), direction)
      .orderBy("c.id", direction),
    part,
  );
};

/** What competitions can be ordered by. */
export const competitionOrders = ["created_when", "title"] as const;
export type CompetitionOrder = Order<(typeof competitionOrders)[number]>;

function visible(db: Db, filter: CompetitionFilter) {
  const { userId } = filter;
  let query = selectListed(db);
  if (filter.type !== "any") query = query.where("c.competition_type", "=", filter.type);
  if (filter.mine) query = query.where(organizes(userId));
  if (filter.participating) query = query.where(participates(userId));
  if (filter.search) {
    const pattern = containing(filter.search);
    query = query.where((eb) => eb.or([eb("c.title", "ilike", pattern), eb("c.description", "ilike", pattern)]));
  }
  if (!filter.seesEverything)
    query = query.where((eb) =>
      eb.or([
        eb.and([eb("c.published", "=", true), eb("c.listing", "=", "listed")]),
        ...(userId === null ? [] : [organizes(userId), participates(userId)]),
        ...(filter.secretKey
          ? [eb.and([eb("c.secret_key", "=", filter.secretKey), eb("c.listing", "!=", "withheld")])]
          : []),
      ]),
    );
  return query;
}

/** Where a competition is in time: no phase has begun, one is open, all have ended, or none is open for now. */
export const competitionStates = ["upcoming", "open", "between", "ended"] as const;
export type CompetitionState = (typeof competitionStates)[number];

/** A published competition with what people choose by. */
export interface OfferedCompetition extends ListedCompetition {
  status: CompetitionState;
  /** The open phase, or else the next one to begin. */
  current_phase: { id: number; name: string; start: string; end: string | null } | null;
  /** The status of the viewer's participation. */
  participant_status: ParticipantStatus | null;
}

export interface PublicFilter {
  userId: number | null;
  search?: string | undefined;
  ordering: "recent" | "popular" | "with_most_submissions" | "ends_soon";
  participating: boolean;
  organizing: boolean;
  /** Whether those that one organizes are listed too if they are not published. */
  drafts?: boolean | undefined;
  hasReward: boolean;
  /** Only those that administrators feature. */
  featured?: boolean | undefined;
  /** Only those that have an end. */
  ends?: boolean | undefined;
  type?: string | undefined;
  /** Any of these, if there are some. */
  states: CompetitionState[];
  now: Date;
}

/** A page of published competitions and benchmarks, and their total number. */
export async function listPublicCompetitions(
  db: Db,
  filter: PublicFilter,
  part: Part,
): Promise<{ count: number; rows: OfferedCompetition[] }> {
  const { now, userId } = filter;
  let query = selectListed(db)
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom("phases as ph")
          .whereRef("ph.competition_id", "=", "c.id")
          .select([
            sql<CompetitionState>`case
              when bool_or(ph.starts_at <= ${now} and (ph.ends_at is null or ph.ends_at > ${now})) then 'open'
              when bool_and(ph.starts_at > ${now}) then 'upcoming'
              when bool_and(ph.ends_at <= ${now}) then 'ended'
              else 'between' end`.as("state"),
            // When the competition's next phase ends, or the latest has ended.
            sql<Date | null>`coalesce(min(ph.ends_at) filter (where ph.ends_at > ${now}), max(ph.ends_at))`.as("ends"),
          ])
          .as("time"),
      (join) => join.onTrue(),
    )
    .select([
      // A competition without phases has not begun.
      sql<CompetitionState>`coalesce(time.state, 'upcoming')`.as("status"),
      sql<OfferedCompetition["current_phase"]>`(
        select json_build_object('id', ph.id, 'name', ph.name, 'start', ${instant("ph.starts_at")}, 'end', ${instant("ph.ends_at")})
        from phases ph
        where ph.competition_id = c.id and (ph.ends_at is null or ph.ends_at > ${now})
        order by ph.starts_at, ph.id limit 1)`.as("current_phase"),
      sql<ParticipantStatus | null>`(
        select pa.status from participants pa where pa.competition_id = c.id and pa.user_id = ${userId})`.as(
        "participant_status",
      ),
    ])
    .where((eb) => eb.or([eb("c.published", "=", true), ...(filter.drafts ? [organizes(userId)] : [])]));
  // People find what they take part in themselves.
  if (!filter.participating && !filter.organizing) query = query.where("c.listing", "=", "listed");
  if (filter.type !== undefined) query = query.where("c.competition_type", "=", filter.type);
  if (filter.states.length > 0)
    query = query.where(sql<CompetitionState>`coalesce(time.state, 'upcoming')`, "in", filter.states);
  if (filter.search) query = query.where("c.title", "ilike", containing(filter.search));
  if (filter.participating) query = query.where(participates(filter.userId));
  if (filter.organizing) query = query.where(organizes(filter.userId));
  if (filter.hasReward) query = query.where("c.reward", "is not", null).where("c.reward", "!=", "");
  if (filter.featured) query = query.where("c.is_featured", "=", true);
  if (filter.ends) query = query.where("time.ends", "is not", null);
  const first = { recent: "c.id", popular: "participants_count", with_most_submissions: "submissions_count" } as const;
  const ordered =
    filter.ordering === "ends_soon"
      ? // Of those that go on, the one that ends first. What has no end, and what has ended, follows.
        query.orderBy(sql`coalesce(time.ends <= ${now}, false)`).orderBy(sql`time.ends nulls last`)
      : query.orderBy(sql.ref(first[filter.ordering]), "desc");
  return partOf(db, ordered.orderBy("c.id", "desc"), part);
}

/** A time as the API writes it, inside JSON that the database builds. */
const instant = (column: string) => sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/** The competitions on the front page: popular ones with the featured first, and some of the latest others. */
export async function frontPage(db: Db): Promise<{ popular: ListedCompetition[]; recent: ListedCompetition[] }> {
  const popular = await selectListed(db)
    .where("c.published", "=", true)
    .where("c.listing", "=", "listed")
    .orderBy("c.is_featured", "desc")
    .orderBy(sql.ref("participants_count"), "desc")
    .orderBy("c.id", "desc")
    .limit(4)
    .execute();
  let others = selectListed(db)
    .where("c.published", "=", true)
    .where("c.listing", "=", "listed")
    .orderBy("c.id", "desc")
    .limit(8);
  if (popular.length > 0)
    others = others.where(
      "c.id",
      "not in",
      popular.map(({ id }) => id),
    );
  const latest = await others.execute();
  // Four random ones of the last eight, so that the choice varies.
  const recent = latest
    .map((competition) => ({ competition, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, 4)
    .map(({ competition }) => competition);
  return { popular, recent };
}
