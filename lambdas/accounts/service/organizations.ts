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
  membershipsOf,
  moveMember,
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
import { withStoredImage, type NamedImage } from "./images.ts";
import { mailSettingsUrl, post, type Posted } from "./mail.ts";
import { requirePeople } from "./people.ts";
import { transact, type Context } from "../../kernel/context.ts";

/** Organizations: who is in them, and the mail that invites. */

/** Where an organization shows itself, as a path of the web application. */
export const organizationUrl = (id: number) => `/profiles/organization/${id}/`;

export const noSuchOrganization = () =>
  new Refusal("not-found", "NO_SUCH_ORGANIZATION", "There is no such organization.");

/** An organization, which everybody with an account may see, and what the actor is in it. */
export async function organizationSeen(
  { db }: Context,
  actor: UserActor,
  id: number,
): Promise<{ organization: OrganizationRow; facts: OrganizationFacts }> {
  const organization = await findOrganization(db, id);
  if (!organization) throw noSuchOrganization();
  return { organization, facts: { group: await groupOf(db, id, actor.id) } };
}

/** An organization with what the actor may see of its members: nothing, who they are, or also their mail addresses. */
export async function organizationWithMembers(context: Context, actor: UserActor, id: number) {
  const { organization, facts } = await organizationSeen(context, actor, id);
  const members = may(actor, "organization.members", facts) ? await listMembers(context.db, id) : undefined;
  return { organization, group: facts.group, members, withMail: may(actor, "organization.edit", facts) };
}

/** The organizations a person is in, and those that have invited them. */
export const ownMemberships = ({ db }: Context, actor: UserActor): Promise<Member[]> => membershipsOf(db, actor.id);

/** An organization with which the actor may do something; refused when they may not. */
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

export type OrganizationChanges = Partial<Omit<OrganizationFields, "photo_key">>;
type Photo = NamedImage | null | undefined;

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

/** Something happened to what somebody is in an organization. */
const membership = (
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

/** Makes an organization, whose owner the actor is. Returns its id. */
export async function createOrganization(
  context: Context,
  by: UserAuthor,
  fields: OrganizationChanges & { name: string; email: string },
  photo: Photo,
): Promise<number> {
  const nothing = {
    location: null,
    description: null,
    website_url: null,
    linkedin_url: null,
    twitter_url: null,
    github_url: null,
  };
  return withStoredImage(context, "photo", photo, (photoKey) =>
    refusingTaken(
      transact(context, async (tx) => {
        const id = await insertOrganization(tx, { ...nothing, ...fields, photo_key: photoKey ?? null }, by.actor.id);
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

/** Changes what an organization says of itself. */
export async function changeOrganization(
  context: Context,
  by: UserAuthor,
  id: number,
  changes: OrganizationChanges,
  photo: Photo,
): Promise<void> {
  const { photo_key: photoBefore } = await organizationFor(context, by.actor, id, "organization.edit");
  await withStoredImage(context, "photo", photo, (photoKey) =>
    refusingTaken(
      transact(context, async (tx) => {
        const before = await auditedOrganization(tx, id);
        if (!before) throw noSuchOrganization();
        await updateOrganization(tx, id, { ...changes, ...(photoKey === undefined ? {} : { photo_key: photoKey }) });
        await record(
          tx,
          by,
          ...changesOf({ organization: id }, "organization.changed", id, before, (await auditedOrganization(tx, id))!),
        );
      }),
    ),
  );
  if (photo !== undefined && photoBefore !== null)
    await context.objects.delete({ bucket: "uploads", key: photoBefore });
}

/**
 * Invites people by their ids, or by usernames or mail addresses of accounts. Who is in the organization or invited already
 * is left as they are; who wants no such mail, or gets none, finds the invitation where they read their organizations.
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
    return post(
      tx,
      context,
      invited
        .filter(({ wants_invitations }) => wants_invitations)
        .map(({ email, token }) => ({
          recipients: [email],
          replyTo,
          unsubscribeUrl: mailSettingsUrl(context),
          subject: `You have been invited to join ${name}`,
          body: `You have been invited to join ${name}.\n\nAccept or decline here:\n\n${context.environment.PUBLIC_URL}/profiles/organization/accept_invite/?token=${token}\n`,
        })),
    );
  });
}

/** Somebody of an organization who is not its owner. */
async function otherThanOwner({ db }: Context, id: number, membershipId: number): Promise<Member> {
  const member = await findMember(db, id, membershipId);
  const message = "Could not find organization member";
  if (!member) throw new Refusal("invalid", "NO_SUCH_MEMBER", message, { membership: [message] });
  if (member.group === "OWNER")
    throw new Refusal("forbidden", "OWNER_STAYS", "The owner of an organization keeps it until it is deleted.");
  return member;
}

/** Puts a member into another group, which those can be who have accepted. */
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

/** Takes somebody out of an organization, or the invitation back. Everybody but its owner may leave by it. */
export async function expelMember(context: Context, by: UserAuthor, id: number, membershipId: number): Promise<void> {
  const { facts } = await organizationSeen(context, by.actor, id);
  const own = facts.group !== null && (await findMember(context.db, id, membershipId))?.user_id === by.actor.id;
  if (!own) await organizationFor(context, by.actor, id, "organization.edit");
  await takeOut(context, by, await otherThanOwner(context, id, membershipId));
}

/** Takes somebody out of an organization, or themselves. */
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

/** The place in an organization that a token names, for the person it was made for. */
export async function ownInvitation({ db }: Context, actor: UserActor, token: string): Promise<Member> {
  const member = await findInvitation(db, token);
  if (!member) throw new Refusal("invalid", "NO_SUCH_INVITATION", "No Invite found", { token: ["No Invite found"] });
  if (member.user_id !== actor.id) {
    const message = "This invite was not sent to you. Make sure you are logged in as the right account";
    throw new Refusal("forbidden", "NOT_YOUR_INVITATION", message);
  }
  return member;
}

/** Accepts an invitation: its person is a member from then on. False when that was done before. */
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

/** Deletes an organization in whose name nothing was submitted. Who took part with it takes part alone from then on. */
export async function deleteOrganization(context: Context, by: UserAuthor, id: number): Promise<void> {
  const { photo_key } = await organizationFor(context, by.actor, id, "organization.delete");
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
  if (photo_key !== null) await context.objects.delete({ bucket: "uploads", key: photo_key });
}
