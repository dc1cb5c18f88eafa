/** Searches of people. */
import { sql, type RawBuilder } from "kysely";
import { bytesStoredBy } from "../../competitions/db/storage.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Values } from "../rules/search/keywords.ts";
import type { UserCondition, UserField, UserQuery } from "../rules/search/users.ts";
import { selectPeople } from "./people.ts";
import { every, matches, matchesNumber, some, wordPattern } from "./visible.ts";

/** What people may use who have no quota of their own. */
export interface UsualQuotas {
  diskBytes: number;
  timeSeconds: number;
  parallelRuns: number;
}

/** The ids that a search finds, in their order, or the number that it asks for. */
export async function searchPeople(db: Db, query: UserQuery, usual: UsualQuotas): Promise<number[] | number> {
  const { conditions, order, result } = query;
  const values = valuesWith(usual);
  const found = selectPeople(db).where(every(conditions.map((one) => conditionSql(one, values))));
  if (result.kind !== "list") {
    const counted = db.selectFrom(found.as("found")).select((eb) => eb.fn.countAll<string>().as("number"));
    return Number((await counted.executeTakeFirstOrThrow()).number);
  }
  const direction = order?.descending ? sql`desc nulls last` : sql`asc nulls last`;
  const rows = await found
    .$if(order !== null, (people) => people.orderBy(sql`${values[order!.field]} ${direction}`))
    .orderBy("u.id")
    .limit(result.limit)
    .offset(result.offset)
    .execute();
  return rows.map(({ id }) => id);
}

type FieldValues = Record<UserField, RawBuilder<unknown>>;

const valuesWith = ({ diskBytes, timeSeconds, parallelRuns }: UsualQuotas): FieldValues => ({
  id: sql`u.id`,
  user_id: sql`u.id`,
  user_name: sql`u.username`,
  first_name: sql`u.first_name`,
  last_name: sql`u.last_name`,
  affiliation: sql`wu.affiliation`,
  email: sql`u.email`,
  last_login: sql`u.last_seen`,
  time_quota: sql`coalesce(wu.time_quota_seconds, ${timeSeconds}::float8)`,
  parallel_run_quota: sql`coalesce(wu.parallel_run_quota, ${parallelRuns}::int)`,
  time_used: sql`(select coalesce(sum(r.seconds), 0) from run_seconds r where r.user_id = u.id)`,
  disk_quota: sql`coalesce(u.storage_quota_bytes, ${diskBytes}::float8)`,
  disk_used: sql`(${bytesStoredBy(sql`u.id`)}
    + (select coalesce(sum(b.data_size), 0) from bundles b where b.owner_id = u.id))`,
});

function conditionSql(condition: UserCondition, values: FieldValues): RawBuilder<boolean> {
  switch (condition.kind) {
    case "field":
      return fieldSql(condition.field, condition.values, values);
    case "word": {
      const pattern = wordPattern(condition.word);
      return some(
        [sql`u.id::text`, values.user_name, values.first_name, values.last_name].map(
          (value) => sql<boolean>`${value} ilike ${pattern}`,
        ),
      );
    }
    case "moment": {
      const when = condition.of === "joined" ? sql`u.created_when` : sql`u.last_seen`;
      return condition.side === "before"
        ? sql<boolean>`${when} <= ${condition.moment}`
        : sql<boolean>`${when} >= ${condition.moment}`;
    }
    case "used": {
      const [used, quota] = [values[`${condition.of}_used`], values[`${condition.of}_quota`]];
      const least = sql`${condition.part}::float8 * ${quota}`;
      return condition.side === "less" ? sql<boolean>`${used} <= ${least}` : sql<boolean>`${used} >= ${least}`;
    }
  }
}

function fieldSql(field: UserField, wanted: Values, values: FieldValues): RawBuilder<boolean> {
  switch (field) {
    case "user_name":
    case "first_name":
    case "last_name":
    case "affiliation":
    case "email":
      return matches(values[field], wanted);
    case "last_login":
      return matches(sql`to_char(u.last_seen at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS')`, wanted);
    default:
      return matchesNumber(values[field], wanted);
  }
}
