/** Accounts with what belongs to them, as administrators see them. */
import { auditEventsAbout } from "../../accounts/db/audit.ts";
import { identitiesOf } from "../../accounts/db/identities.ts";
import { membershipsOf } from "../../accounts/db/organizations.ts";
import { tokensOf } from "../../accounts/db/tokens.ts";
import { requireAdministrator } from "../../accounts/service/administration.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { Refusal } from "../../kernel/refusal.ts";
import {
  competitionsOfUser,
  listUsers,
  openSubmissionsOf,
  queuesOfUser,
  spentOnUser,
  submissionsOfUser,
  type ListedUser,
  type UserFilter,
} from "../db/user-lists.ts";
import { cancelMany } from "./cancel.ts";

export { userOrders, type ListedUser } from "../db/user-lists.ts";

/** A page of the accounts that match a filter, and how many match. */
export function usersSeenBy(
  { db, environment }: Context,
  actor: UserActor,
  { isOverQuota, ...filter }: Omit<UserFilter, "overQuota"> & { isOverQuota?: boolean | undefined },
  order: Parameters<typeof listUsers>[2],
  part: Part,
) {
  requireAdministrator(actor);
  const overQuota =
    isOverQuota === undefined ? undefined : { is: isOverQuota, usualBytes: environment.STORAGE_QUOTA_BYTES };
  return listUsers(db, { ...filter, overQuota }, order, part);
}

/** One account as it is in the list. */
export async function listedUser({ db }: Context, actor: UserActor, id: number): Promise<ListedUser> {
  requireAdministrator(actor);
  const { rows } = await listUsers(db, { id }, { field: "username", descending: false }, { offset: 0, limit: 1 });
  const [user] = rows;
  if (!user) throw new Refusal("not-found", "NO_SUCH_USER", "There is no such account.");
  return user;
}

/** How many audit events are shown with an account. */
const maxEvents = 50;

/** One account with everything that belongs to it. Of long lists it has the newest. */
export async function userInDetail(context: Context, actor: UserActor, id: number) {
  const { db } = context;
  const user = await listedUser(context, actor, id);
  return {
    user,
    sessions: await tokensOf(db, id, "session"),
    tokens: await tokensOf(db, id, "token"),
    identities: await identitiesOf(db, id),
    competitions: await competitionsOfUser(db, id),
    submissions: await submissionsOfUser(db, id),
    queues: await queuesOfUser(db, id),
    organizations: await membershipsOf(db, id),
    spentMicrousd: await spentOnUser(db, id),
    events: await auditEventsAbout(db, id, maxEvents),
  };
}

/** Cancels the submissions of somebody that have not ended, as an administrator. Returns how many. */
export async function cancelSubmissionsOf(context: Context, by: UserAuthor, id: number): Promise<number> {
  requireAdministrator(by.actor);
  return (await cancelMany(context, by, await openSubmissionsOf(context.db, id))).cancelled.length;
}
