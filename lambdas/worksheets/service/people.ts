/** People, as worksheets show and change them. */
import { changeAccount } from "../../accounts/service/administration.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { changeProfile } from "../../accounts/service/profiles.ts";
import { changes as changeEvents } from "../../accounts/rules/audit.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { findPeople, findPeopleByName, updatePerson, type PersonChanges, type PersonRow } from "../db/people.ts";
import { requireRoot } from "./access.ts";
import { usageOfPerson, type Usage } from "./quota.ts";

export type { PersonRow } from "../db/people.ts";
/** A person with what they have used. */
export type PersonWithUsage = PersonRow & Usage;

/** Somebody by id or username. */
export async function findPerson({ db }: Context, spec: string): Promise<PersonRow> {
  const byId = /^\d{1,9}$/.test(spec) ? await findPeople(db, [Number(spec)]) : [];
  const found = byId[0] ?? (await findPeopleByName(db, [spec])).find(({ username }) => isSame(username, spec));
  if (!found) throw noSuchUser(spec);
  return found;
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

const noSuchUser = (spec: string) => new Refusal("not-found", "NO_SUCH_USER", `User ${spec} not found`);

/** People by usernames and mail addresses. Addresses find somebody for root only. */
export async function findNamedPeople({ db }: Context, names: string[], byMail: boolean): Promise<PersonRow[]> {
  const found = await findPeopleByName(db, names);
  return byMail ? found : found.filter(({ username }) => names.some((name) => isSame(name, username)));
}

export const peopleById = ({ db }: Pick<Context, "db">, ids: Iterable<number>): Promise<PersonRow[]> =>
  findPeople(db, [...new Set(ids)]);

/** A person with what they have used. */
export const withUsage = async (context: Context, person: PersonRow): Promise<PersonWithUsage> => ({
  ...person,
  ...(await usageOfPerson(context, context.db, person.id)),
});

/** What people change of themselves. */
export interface OwnChanges {
  first_name?: string | null;
  last_name?: string | null;
  affiliation?: string | null;
  url?: string | null;
  notifications?: number;
}

/** What root changes of anybody. */
export interface RootChanges extends OwnChanges {
  time_quota?: number;
  parallel_run_quota?: number;
  disk_quota?: number;
  has_access?: boolean;
}

/** Changes the own record. */
export const changeOwn = (context: Context, by: UserAuthor, changes: OwnChanges): Promise<PersonWithUsage> =>
  change(context, by, by.actor.id, changes);

/** Changes anybody's record, as root. Access is given in protected mode only, and to people whose address is confirmed. */
export async function changePerson(
  context: Context,
  by: UserAuthor,
  id: string,
  changes: RootChanges,
): Promise<PersonWithUsage> {
  requireRoot(by.actor, "Only root user can update other users.");
  const person = await findPerson(context, id);
  if (changes.has_access !== undefined) {
    if (!context.environment.WORKSHEETS.protectedMode)
      throw new Refusal("invalid", "NOT_PROTECTED", "This CodaLab instance is not in protected mode.");
    if (changes.has_access && !person.email_is_confirmed)
      throw new Refusal("invalid", "NOT_VERIFIED", "User has to be verified first in order to be granted access.");
  }
  return change(context, by, person.id, changes);
}

async function change(context: Context, by: UserAuthor, id: number, changes: RootChanges): Promise<PersonWithUsage> {
  const { first_name, last_name, url, disk_quota, affiliation, notifications, time_quota, ...rest } = changes;
  const profile = defined({ first_name, last_name, personal_url: url });
  if (Object.keys(profile).length > 0) await changeProfile(context, by.actor, id, profile, undefined);
  if (disk_quota !== undefined) await changeAccount(context, by, id, { storage_quota_bytes: disk_quota });
  const own: PersonChanges = defined({ affiliation, notifications, time_quota_seconds: time_quota, ...rest });
  if (Object.keys(own).length > 0)
    await transact(context, async (tx) => {
      const [before] = await findPeople(tx, [id]);
      await updatePerson(tx, id, own);
      const was = Object.fromEntries(Object.keys(own).map((name) => [name, before![name as keyof PersonChanges]]));
      await record(tx, by, ...changeEvents({}, "user.changed", id, was, { ...own }));
    });
  return withUsage(context, (await findPeople(context.db, [id]))[0]!);
}

const defined = <Values extends object>(values: Values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: Exclude<Values[Name], undefined>;
  };
