/** What people own in this wing: their organizations, and what an export says about the account itself. */
import { eventsAbout } from "../db/audit.ts";
import { accountRow } from "../db/account-rows.ts";
import { identitiesOf } from "../db/identities.ts";
import {
  changeOwner,
  deleteOrganization,
  findOrganization,
  leaveOrganizations,
  membershipsOf,
  organizationsOwnedBy,
  stripOrganization,
} from "../db/organizations.ts";
import { passkeysOf } from "../db/passkeys.ts";
import { tokensOf } from "../db/tokens.ts";
import { may } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact } from "../../kernel/context.ts";
import { record } from "./audit.ts";
import type { Belongings } from "./belongings.ts";
import { eraseUploads } from "./exports.ts";
import { handedOver, type HandOverKind } from "./hand-over.ts";
import { objectsOfPhoto } from "./images.ts";
import { noSuchOrganization, organizationSeen } from "./organizations.ts";

const batch = 500;

export const ownBelongings: Belongings = {
  async obstacles(db, userId) {
    return (await organizationsOwnedBy(db, userId))
      .filter(({ has_others }) => has_others)
      .map(({ id, name }) => ({
        kind: "organization" as const,
        id,
        name,
        detail: "It has other members. Hand it over to one of them, or delete it.",
      }));
  },

  async owned(db, userId) {
    return (await organizationsOwnedBy(db, userId)).map(({ id, name }) => `the organization "${name}" (${id})`);
  },

  /** An organization without other members goes with its owner, unless submissions were made in its name. */
  erase: (context, userId) =>
    transact(context, async (tx) => {
      for (const { id, has_submissions, ...photo } of await organizationsOwnedBy(tx, userId)) {
        await (has_submissions ? stripOrganization(tx, id) : deleteOrganization(tx, id));
        await eraseUploads(tx, context, objectsOfPhoto(photo));
      }
      await leaveOrganizations(tx, userId);
    }),

  documents: ({ db }, { id }) => ({
    async *account() {
      const { photo_key: _, ...account } = await accountRow(db, id);
      yield account;
    },
    async *logins() {
      for (const kind of ["token", "session"] as const)
        for (const login of await tokensOf(db, id, kind)) yield { kind, ...login };
      for (const identity of await identitiesOf(db, id)) yield { kind: "identity", ...identity };
    },
    async *memberships() {
      for (const { organization_id, organization_name, group, joined_when } of await membershipsOf(db, id))
        yield { organization: organization_id, name: organization_name, group, joined_when };
    },
    async *passkeys() {
      for (const { credential_id: _, ...passkey } of await passkeysOf(db, id)) yield passkey;
    },
    async *"audit-events"() {
      for (let after = "0"; ;) {
        const some = await eventsAbout(db, id, after, batch);
        if (some.length === 0) return;
        yield* some;
        after = some.at(-1)!.id;
      }
    },
  }),

  async *files({ db }, { id }, after) {
    const { photo_key: key } = await accountRow(db, id);
    if (after === null && key !== null)
      yield { after: "photo", files: [{ path: "photo.webp", object: { bucket: "uploads", key } }] };
  },
};

/** The owner before becomes a manager. */
export const organizationHandOver: HandOverKind = {
  async owned(context, actor, id) {
    if (!/^\d{1,9}$/.test(id)) throw noSuchOrganization();
    const { organization, facts, owner } = await organizationSeen(context, actor, Number(id));
    if (owner === null || !may(actor, "organization.handOver", facts))
      throw new Refusal("forbidden", "NOT_ALLOWED", "Only its owner may hand an organization over.");
    return { name: organization.name, ownerId: owner };
  },
  nameOf: async ({ db }, id) => (await findOrganization(db, Number(id)))?.name,
  async transfer(tx, by, id, { from, to }) {
    if (!(await changeOwner(tx, Number(id), { from, to }))) return false;
    await record(tx, by, handedOver({ kind: "organization", id }, { from, to }));
    return true;
  },
};
