/** Searches of bundles, worksheets and people. */
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { findPeople, type PersonRow } from "../db/people.ts";
import { searchBundles } from "../db/search-bundles.ts";
import { searchPeople } from "../db/search-people.ts";
import { searchWorksheets } from "../db/search-worksheets.ts";
import { postProcessor } from "../rules/post-process.ts";
import { readBundleQuery } from "../rules/search/bundles.ts";
import { readUserQuery } from "../rules/search/users.ts";
import { readWorksheetQuery } from "../rules/search/worksheets.ts";
import type { Value } from "../rules/value.ts";
import { idOf, isRoot } from "./access.ts";
import { worksheetsBySpecs, type SeenWorksheet } from "./worksheets.ts";

/** Whoever asks, as searches know them. */
const searcherOf = (actor: Actor) => ({ id: idOf(actor), all: isRoot(actor) });

/** The uuids of the bundles that keywords find, or the number that they ask for. */
export async function findBundlesBy(
  { db }: Context,
  actor: Actor,
  keywords: string[],
): Promise<{ uuids: string[] } | { number: Value }> {
  const query = readBundleQuery(keywords);
  const found = await searchBundles(db, searcherOf(actor), query);
  if (typeof found !== "number") return { uuids: found };
  return { number: postProcessor(query.result.kind === "list" ? null : query.result.format)(found) };
}

/** The worksheets that keywords find: the actor's first. */
export async function findWorksheetsBy(context: Context, actor: Actor, keywords: string[]): Promise<SeenWorksheet[]> {
  const uuids = await searchWorksheets(context.db, searcherOf(actor), readWorksheetQuery(keywords));
  return worksheetsBySpecs(context, actor, uuids);
}

/** The people whom keywords find, or how many there are. Addresses, quotas and usage are for root only. */
export async function findPeopleBy(
  { db, environment }: Context,
  actor: Actor,
  keywords: string[],
): Promise<PersonRow[] | { number: Value }> {
  const query = readUserQuery(keywords);
  if (query.privateKey !== null && !isRoot(actor))
    throw new Refusal("forbidden", "NOT_ALLOWED", `Only administrators may search people by ${query.privateKey}.`);
  const { timeQuotaSeconds: timeSeconds, parallelRuns } = environment.WORKSHEETS;
  const found = await searchPeople(db, query, {
    diskBytes: environment.STORAGE_QUOTA_BYTES,
    timeSeconds,
    parallelRuns,
  });
  if (typeof found === "number")
    return { number: postProcessor(query.result.kind === "list" ? null : query.result.format)(found) };
  const people = new Map((await findPeople(db, found)).map((person) => [person.id, person]));
  return found.flatMap((id) => people.get(id) ?? []);
}
