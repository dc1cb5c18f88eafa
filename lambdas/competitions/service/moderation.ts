import {
  countCompetitions,
  lockModerated,
  pageOfAllCompetitions,
  setModerated,
  type AdministeredFilter,
  type administeredOrders,
  type Moderated,
} from "../db/moderation.ts";
import type { Listing } from "../rules/listing.ts";
import { changes, publication } from "../../accounts/rules/audit.ts";
import { requireAdministrator } from "../../accounts/service/administrators.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Order, Part } from "../../kernel/db/page.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { noSuchCompetition } from "./access.ts";

export { administeredOrders } from "../db/moderation.ts";

/** A page of all competitions, for administrators, with the numbers of all of them. */
export async function allCompetitions(
  { db }: Context,
  actor: UserActor,
  filter: AdministeredFilter,
  order: Order<(typeof administeredOrders)[number]>,
  part: Part,
) {
  requireAdministrator(actor);
  return { ...(await pageOfAllCompetitions(db, filter, order, part)), counts: await countCompetitions(db) };
}

/**
 * Features a competition, or decides whether public lists have it. Whoever takes it out of lists says why. A withheld
 * competition is unpublished, and stays so when it is listed again: its organizers publish it.
 */
export async function moderate(
  context: Context,
  by: UserAuthor,
  id: number,
  wanted: { is_featured?: boolean | undefined; listing?: Listing | undefined; listing_reason?: string | undefined },
): Promise<Moderated> {
  requireAdministrator(by.actor);
  return transact(context, async (tx) => {
    const found = await lockModerated(tx, id);
    if (!found) throw noSuchCompetition();
    const { published: was, ...before } = found;
    const listing = wanted.listing ?? before.listing;
    const after: Moderated = {
      is_featured: wanted.is_featured ?? before.is_featured,
      listing,
      listing_reason: listing === "listed" ? null : (wanted.listing_reason ?? before.listing_reason),
    };
    if (listing !== "listed" && after.listing_reason === null) throw reasonMissing();
    const published = was && listing !== "withheld";
    await setModerated(tx, id, { ...after, published });
    const place = { competition: id };
    await record(
      tx,
      by,
      ...changes(place, "competition.changed", id, { ...before }, { ...after }),
      ...(published === was ? [] : [publication(id, published)]),
    );
    return after;
  });
}

function reasonMissing(): Refusal {
  const message = "Say why, for the organizers.";
  return new Refusal("invalid", "REASON_MISSING", message, { listing_reason: [message] });
}

/** Refuses to publish a competition that an administrator withholds. */
export async function requireNotWithheld(tx: Tx, id: number): Promise<void> {
  const found = await lockModerated(tx, id);
  if (found?.listing === "withheld")
    throw new Refusal(
      "forbidden",
      "WITHHELD",
      `An administrator withholds this competition: ${found.listing_reason}. It cannot be published until they list it again.`,
    );
}
