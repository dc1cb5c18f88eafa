// Organizations, their members and their invitations.
import { auditedOrganization } from "../db/audit.ts";
import {
  countSubmissionsFor,
  deleteOrganization as deleteRow,
  findInvitation,
  findMember,
  findOrganization,
  groupOf,
  insertInvitations,
  insertOrganization,
  listMembers,
  lockOrganization,
  membershipsOf,
  moveMember,
  ownerOf,
  removeMember,
  takenField,
  teamsWith,
  updateOrganization,
  type Member,
  type OrganizationFields,
  type OrganizationRow,
} from "../db/organizations.ts";
export type { Member, OrganizationRow } from "../db/organizations.ts";
import { usersNamed } from "../db/users.ts";
import { changes as changesOf, type AuditEvent, type AuditKind } from "../rules/audit.ts";
import {
  may,
  type Action,
  type OrganizationFacts,
  type OrganizationGroup,
  type UserActor,
} from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { record, type UserAuthor } from "./audit.ts";
import { deletePhoto, withStoredPhoto, type NamedPicture } from "./images.ts";
import type { Posted } from "./mail.ts";
import { postWanted } from "./optional-mail.ts";
import { requirePeople } from "./people.ts";
import { transact, type Context } from "../../kernel/context.ts";

/** The path of an organization's page in the web application. */
export const organizationUrl = (id: number) => `/profiles/organization/${id}/`;

export const noSuchOrganization = () =>
  new Refusal("not-found", "NO_SUCH_ORGANIZATION", "There is no such organization.");

/** An organization, which every user may see, and the actor's group in it. */
export async function organizationSeen(
  { db }: Context,
  actor: UserActor,
  id: number,
): Promise<{ organization: OrganizationRow; facts: OrganizationFacts; owner: number | null }> {
  const organization = await findOrganization(db, id);
  if (!organization) throw noSuchOrganization();
  return { organization, facts: { group: await groupOf(db, id, actor.id) }, owner: await ownerOf(db, id) };
}

/** An organization with as much of its members as the actor may see: nothing, their names, or also their mail addresses. */
export async function organizationWithMembers(context: Context, actor: UserActor, id: number) {
  const { organization, facts } = await organizationSeen(context, actor, id);
  const members = may(actor, "organization.members", facts) ? await listMembers(context.db, id) : undefined;
  return { organization, group: facts.group, members, withMail: may(actor, "organization.edit", facts) };
}

/** A person's memberships and invitations. */
export const ownMemberships = ({ db }: Context, actor: UserActor): Promise<Member[]> => membershipsOf(db, actor.id);

/** An organization, if the actor may perform an action on it; otherwise a refusal. */
export async function organizationFor(
  context: Context,
  actor: UserActor,
  id: number,
  action: Extract<Action, `organization.${string}`>,
): Promise<OrganizationRow> {
  const { organization, facts } = await organizationSeen(context, actor, id);
  if (may(actor, action, facts)) return organization;
  const who = action === "organization.delete" ? "Only its owner may" : "Only its owner and its managers may";
  throw new Refusal("forbidden", "NOT_ALLOWED", `${who} do this with an organization.`);
}

export type OrganizationChanges = Partial<Omit<OrganizationFields, "photo_key" | "photo_icon_key">>;
type Photo = NamedPicture | null | undefined;

async function refusingTaken<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const field = takenField(error);
    if (!field) throw error;
    const message = `There is an organization with this ${field} already.`;
    throw new Refusal("invalid", "TAKEN", message, { [field]: [message] });
  }
}

/** An audit event about a membership. */
export const membership = (
  organization: number,
  kind: AuditKind,
  user: number,
  before: OrganizationGroup | null,
  after: OrganizationGroup | null,
): AuditEvent => ({
  place: { organization },
  kind,
  subject: user,
  before: before && { group: before },
  after: after && { group: after },
});

/** Creates an organization with the actor as its owner. Returns its id. */
export async function createOrganization(
  context: Context,
  by: UserAuthor,
  fields: OrganizationChanges & { name: string; email: string },
  photo: Photo,
): Promise<number> {
  const nothing = {
    photo_key: null,
    photo_icon_key: null,
    location: null,
    description: null,
    website_url: null,
    linkedin_url: null,
    twitter_url: null,
    github_url: null,
  };
  return withStoredPhoto(context, photo, (keys) =>
    refusingTaken(
      transact(context, async (tx) => {
        const id = await insertOrganization(tx, { ...nothing, ...fields, ...keys }, by.actor.id);
        const after = (await auditedOrganization(tx, id))!;
        await record(tx, by, {
          place: { organization: id },
          kind: "organization.created",
          subject: id,
          before: null,
          after,
        });
        return id;
      }),
    ),
  );
}

/** Changes the profile of an organization. */
export async function changeOrganization(
  context: Context,
  by: UserAuthor,
  id: number,
  changes: OrganizationChanges,
  photo: Photo,
): Promise<void> {
  await organizationFor(context, by.actor, id, "organization.edit");
  const photoBefore = await withStoredPhoto(context, photo, (keys) =>
    refusingTaken(
      transact(context, async (tx) => {
        const photoBefore = await lockOrganization(tx, id);
        const before = await auditedOrganization(tx, id);
        if (!photoBefore || !before) throw noSuchOrganization();
        await updateOrganization(tx, id, { ...changes, ...keys });
        await record(
          tx,
          by,
          ...changesOf({ organization: id }, "organization.changed", id, before, (await auditedOrganization(tx, id))!),
        );
        return photoBefore;
      }),
    ),
  );
  if (photo !== undefined) await deletePhoto(context, photoBefore);
}

/**
 * Invites people by the ids, usernames or mail addresses of their accounts. Members and people already invited stay as
 * they are. People who get no mail see the invitation in their list of organizations.
 */
export async function invitePeople(
  context: Context,
  by: UserAuthor,
  id: number,
  people: (number | string)[],
): Promise<Posted> {
  const { name, email: replyTo } = await organizationFor(context, by.actor, id, "organization.edit");
  const names = people.filter((person) => typeof person === "string");
  const found = await usersNamed(context.db, names);
  const unknown = names.filter((one) => !found.some(({ named }) => named === one));
  if (unknown.length > 0) {
    const message = `Nobody has the username or mail address ${unknown.join(", ")}.`;
    throw new Refusal("invalid", "NO_SUCH_USER", message, { users: [message] });
  }
  const ids = people.filter((person) => typeof person === "number");
  await requirePeople(context, "users", ids);
  return transact(context, async (tx) => {
    const invited = await insertInvitations(tx, id, [...new Set([...ids, ...found.map((user) => user.id)])]);
    await record(tx, by, ...invited.map(({ user_id }) => membership(id, "member.invited", user_id, null, "INVITED")));
    return postWanted(
      tx,
      context,
      "allow_organization_invite_emails",
      invited.map(({ user_id, token }) => ({
        to: user_id,
        replyTo,
        subject: `You have been invited to join ${name}`,
        isSecret: true,
        body: `You have been invited to join ${name}.\n\nAccept or decline here:\n\n${context.environment.PUBLIC_URL}/profiles/organization/accept_invite/?token=${token}\n`,
      })),
    );
  });
}

/** A membership of an organization, but not its owner's. */
async function otherThanOwner({ db }: Context, id: number, membershipId: number): Promise<Member> {
  const member = await findMember(db, id, membershipId);
  const message = "Could not find organization member";
  if (!member) throw new Refusal("invalid", "NO_SUCH_MEMBER", message, { membership: [message] });
  if (member.group === "OWNER")
    throw new Refusal(
      "forbidden",
      "OWNER_STAYS",
      "The owner of an organization keeps it until it is handed over or deleted.",
    );
  return member;
}

/** Moves a member to another group. People who have not accepted their invitation cannot be moved. */
export async function changeGroup(
  context: Context,
  by: UserAuthor,
  id: number,
  membershipId: number,
  group: OrganizationGroup,
): Promise<Member> {
  await organizationFor(context, by.actor, id, "organization.edit");
  const member = await otherThanOwner(context, id, membershipId);
  await transact(context, async (tx) => {
    if (member.group === "INVITED" || !(await moveMember(tx, member.id, member.group, group)))
      throw new Refusal(
        "forbidden",
        "NOT_JOINED",
        "People must accept their invitation before their group can be changed.",
      );
    if (group !== member.group)
      await record(tx, by, membership(id, "member.group_changed", member.user_id, member.group, group));
  });
  return member;
}

/** Removes a member or withdraws an invitation. Members, except the owner, may remove themselves. */
export async function expelMember(context: Context, by: UserAuthor, id: number, membershipId: number): Promise<void> {
  const { facts } = await organizationSeen(context, by.actor, id);
  const own = facts.group !== null && (await findMember(context.db, id, membershipId))?.user_id === by.actor.id;
  if (!own) await organizationFor(context, by.actor, id, "organization.edit");
  await takeOut(context, by, await otherThanOwner(context, id, membershipId));
}

/** Deletes a membership and records who did it. */
async function takeOut(
  context: Context,
  by: UserAuthor,
  { id, user_id: user, organization_id: organization }: Member,
): Promise<void> {
  await transact(context, async (tx) => {
    const was = await removeMember(tx, id);
    if (was === undefined) return;
    const kind = user !== by.actor.id ? "member.removed" : was === "INVITED" ? "member.declined" : "member.left";
    await record(tx, by, membership(organization, kind, user, was, null));
  });
}

/** The membership or invitation with a token, if it is the actor's. */
export async function ownInvitation({ db }: Context, actor: UserActor, token: string): Promise<Member> {
  const member = await findInvitation(db, token);
  if (!member) throw new Refusal("invalid", "NO_SUCH_INVITATION", "No Invite found", { token: ["No Invite found"] });
  if (member.user_id !== actor.id) {
    const message = "This invite was not sent to you. Make sure you are logged in as the right account";
    throw new Refusal("forbidden", "NOT_YOUR_INVITATION", message);
  }
  return member;
}

/** Accepts an invitation, so that the actor becomes a member. False if it was accepted before. */
export async function acceptInvitation(
  context: Context,
  by: UserAuthor,
  { id, user_id: user, organization_id: organization }: Member,
): Promise<boolean> {
  return transact(context, async (tx) => {
    const accepted = await moveMember(tx, id, "INVITED", "MEMBER");
    if (accepted) await record(tx, by, membership(organization, "member.joined", user, "INVITED", "MEMBER"));
    return accepted;
  });
}

/** Declines an invitation, or leaves. */
export async function declineInvitation(
  context: Context,
  by: UserAuthor,
  { id, organization_id }: Member,
): Promise<void> {
  await takeOut(context, by, await otherThanOwner(context, organization_id, id));
}

/** Deletes an organization that has no submissions. Participants who took part with it then take part alone. */
export async function deleteOrganization(context: Context, by: UserAuthor, id: number): Promise<void> {
  const photo = await organizationFor(context, by.actor, id, "organization.delete");
  await transact(context, async (tx) => {
    const count = await countSubmissionsFor(tx, id);
    if (count > 0)
      throw new Refusal(
        "conflict",
        "HAS_SUBMISSIONS",
        `This organization cannot be deleted, because ${count} submissions were made in its name. Delete them first.`,
      );
    const before = await auditedOrganization(tx, id);
    if (!before) throw noSuchOrganization();
    const members = (await listMembers(tx, id)).map(({ user_id: user, group }) => ({ user, group }));
    const teams = await teamsWith(tx, id);
    await deleteRow(tx, id);
    await record(
      tx,
      by,
      {
        place: { organization: id },
        kind: "organization.deleted",
        subject: id,
        before: { ...before, members },
        after: null,
      },
      ...teams.map(({ participant, competition }): AuditEvent => {
        const [was, is] = [{ organization: id }, { organization: null }];
        return {
          place: { competition },
          kind: "participant.team_changed",
          subject: participant,
          before: was,
          after: is,
        };
      }),
    );
  });
  await deletePhoto(context, photo);
}
