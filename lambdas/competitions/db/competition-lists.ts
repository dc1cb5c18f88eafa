import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { containing } from "../../kernel/db/like.ts";
import { displayName } from "../../accounts/db/users.ts";

/** Number of approved participants of the competition `c`, including its organizers. */
export const participantsCount = sql<number>`(
  select count(*)::int from participants p where p.competition_id = c.id and p.status = 'approved')`.as(
  "participants_count",
);
/** Number of submissions to the competition `c`. A submission that ran on several tasks counts once. */
export const submissionsCount = sql<number>`(
  select count(*)::int from submissions s join phases ph on ph.id = s.phase_id
  where ph.competition_id = c.id and s.parent_id is null)`.as("submissions_count");

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
export async function listCompetitions(db: Db, filter: CompetitionFilter): Promise<ListedCompetition[]> {
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
        eb("c.published", "=", true),
        ...(userId === null ? [] : [organizes(userId), participates(userId)]),
        ...(filter.secretKey ? [eb("c.secret_key", "=", filter.secretKey)] : []),
      ]),
    );
  return query.orderBy("c.created_when").orderBy("c.id").execute();
}

export interface PublicFilter {
  userId: number | null;
  search?: string | undefined;
  ordering: "recent" | "popular" | "with_most_submissions";
  participating: boolean;
  organizing: boolean;
  hasReward: boolean;
}

/** Returns a page of published competitions and benchmarks, and their total number. */
export async function listPublicCompetitions(
  db: Db,
  filter: PublicFilter,
  page: { offset: number; limit: number },
): Promise<{ count: number; competitions: ListedCompetition[] }> {
  let query = selectListed(db).where("c.published", "=", true);
  if (filter.search) query = query.where("c.title", "ilike", containing(filter.search));
  if (filter.participating) query = query.where(participates(filter.userId));
  if (filter.organizing) query = query.where(organizes(filter.userId));
  if (filter.hasReward) query = query.where("c.reward", "is not", null).where("c.reward", "!=", "");
  const { count } = await db
    .selectFrom(query.as("matching"))
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  const first = { recent: "id", popular: "participants_count", with_most_submissions: "submissions_count" } as const;
  const competitions = await query
    .orderBy(sql.ref(first[filter.ordering]), "desc")
    .orderBy("c.id", "desc")
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return { count: Number(count), competitions };
}

/** The competitions on the front page: featured ones, popular ones, and some of the latest others. */
export async function frontPage(db: Db): Promise<{ popular: ListedCompetition[]; recent: ListedCompetition[] }> {
  const popular = await selectListed(db)
    .where("c.published", "=", true)
    .orderBy("c.is_featured", "desc")
    .orderBy(sql.ref("participants_count"), "desc")
    .orderBy("c.id", "desc")
    .limit(4)
    .execute();
  let others = selectListed(db).where("c.published", "=", true).orderBy("c.id", "desc").limit(8);
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
