import * as z from "zod";
import type { UserActor } from "../../policy/policy.ts";
import { decodeImage } from "../service/images.ts";
import {
  acceptInvitation,
  changeGroup,
  changeOrganization,
  createOrganization,
  declineInvitation,
  deleteOrganization,
  expelMember,
  invitePeople,
  organizationSeen,
  organizationUrl,
  organizationWithMembers,
  ownInvitation,
  ownMemberships,
} from "../service/organizations.ts";
import type { Context } from "../../kernel/context.ts";
import { idParams, integer, namedImage, oneLine, uuid } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import {
  invitationSchema,
  membershipSchema,
  namedOrganization,
  namedOrganizationSchema,
  organizationDetailSchema,
  organizationSchema,
  shownDetail,
  shownInvitation,
  shownMembership,
  shownOrganization,
} from "./organization.ts";
import { posted, postedSchema } from "./posted.ts";

const text = (most: number) => z.string().max(most).nullable().optional();
const link = z
  .union([z.literal("").transform(() => null), z.url({ protocol: /^https?$/ }).max(400)])
  .nullable()
  .optional();

const fields = z.object({
  name: oneLine(100).min(1),
  email: z.email().max(200).toLowerCase(),
  location: text(250),
  description: text(4096),
  website_url: link,
  linkedin_url: link,
  twitter_url: link,
  github_url: link,
  // Answers contain a link here; a link in a request leaves the photo unchanged.
  photo: z.union([z.url({ protocol: /^https?$/ }).transform(() => undefined), namedImage]),
});

/** The changed fields of a request, and its decoded photo. */
async function split<Body extends Partial<z.output<typeof fields>>>(
  context: Context,
  actor: UserActor,
  { photo, ...body }: Body,
) {
  const named = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as {
    [Field in keyof typeof body]: Exclude<(typeof body)[Field], undefined>;
  };
  return { named, photo: photo && (await decodeImage(context, actor, "photo", photo)) };
}

const membership = z.object({ membership: integer });
const token = z.object({ token: uuid });
const inviteAnswer = z.object({ invite_status: z.enum(["accepted", "already accepted"]), redirect_url: z.string() });

async function answer(context: Context, actor: UserActor, id: number) {
  return shownOrganization(context, (await organizationSeen(context, actor, id)).organization);
}

export const organizationRoutes = [
  route({
    method: "GET",
    path: "/api/users/participant_organizations/",
    summary: "Organizations you belong to",
    access: "user",
    answer: { status: 200, description: "A plain list, by name", schema: z.array(namedOrganizationSchema) },
    async handle({ context, actor }) {
      const joined = (await ownMemberships(context, actor)).filter(({ group }) => group !== "INVITED");
      return {
        status: 200,
        body: joined.map((m) => namedOrganization({ id: m.organization_id, name: m.organization_name })),
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/organizations/",
    summary: "Your memberships and invitations",
    access: "user",
    answer: { status: 200, description: "A plain list, by name", schema: z.array(membershipSchema) },
    async handle({ context, actor }) {
      return { status: 200, body: (await ownMemberships(context, actor)).map(shownMembership) };
    },
  }),
  route({
    method: "POST",
    path: "/api/organizations/",
    summary: "Create an organization; you become its owner",
    access: "user",
    audited: true,
    body: fields,
    answer: { status: 201, description: "The organization", schema: organizationSchema },
    async handle({ context, actor, reason, body }) {
      const { named, photo } = await split(context, actor, body);
      const id = await createOrganization(context, { actor, reason }, named, photo);
      return { status: 201, body: await answer(context, actor, id) };
    },
  }),
  route({
    method: "GET",
    path: "/api/organizations/{id}/",
    summary: "An organization; members also see the other members",
    access: "user",
    params: idParams,
    answer: { status: 200, description: "The organization", schema: organizationDetailSchema },
    async handle({ context, actor, params }) {
      return {
        status: 200,
        body: await shownDetail(context, actor, await organizationWithMembers(context, actor, params.id)),
      };
    },
  }),
  ...(["PUT", "PATCH"] as const).map((method) =>
    route({
      method,
      path: "/api/organizations/{id}/",
      summary: "Change an organization; fields missing from the request stay unchanged (owner and managers)",
      access: "user",
      audited: true,
      params: idParams,
      body: fields.partial(),
      answer: { status: 200, description: "The organization", schema: organizationSchema },
      async handle({ context, actor, reason, params, body }) {
        const { named, photo } = await split(context, actor, body);
        await changeOrganization(context, { actor, reason }, params.id, named, photo);
        return { status: 200, body: await answer(context, actor, params.id) };
      },
    }),
  ),
  route({
    method: "POST",
    path: "/api/organizations/{id}/invite_users/",
    summary: "Invite people by mail; they also see the invitation in their list of organizations (owner and managers)",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({
      users: z
        .array(z.union([z.int().min(1).max(2_147_483_647), z.string().trim().min(1).max(254)]))
        .max(100)
        .meta({ description: "User ids, usernames or mail addresses of accounts" }),
    }),
    answer: {
      status: 200,
      description: "The people are invited; the answer says whether mail is sent",
      schema: postedSchema,
    },
    async handle({ context, actor, reason, params, body }) {
      return { status: 200, body: posted(await invitePeople(context, { actor, reason }, params.id, body.users)) };
    },
  }),
  route({
    method: "POST",
    path: "/api/organizations/{id}/update_member_group/",
    summary:
      "Make a member a manager, a participant (may submit for the organization) or a plain member (owner and managers)",
    access: "user",
    audited: true,
    params: idParams,
    body: membership.extend({ group: z.enum(["MANAGER", "PARTICIPANT", "MEMBER"]) }),
    answer: { status: 200, description: "A list with one message", schema: z.array(z.string()) },
    async handle({ context, actor, reason, params, body }) {
      const { username } = await changeGroup(context, { actor, reason }, params.id, body.membership, body.group);
      return { status: 200, body: [`Member ${username} permission changed to ${body.group}`] };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/organizations/{id}/delete_member/",
    summary: "Remove a member (owner and managers), or leave an organization",
    access: "user",
    audited: true,
    params: idParams,
    body: membership,
    answer: { status: 200, description: "The member is removed", schema: z.string() },
    async handle({ context, actor, reason, params, body }) {
      await expelMember(context, { actor, reason }, params.id, body.membership);
      return { status: 200, body: "Member removed from Organization" };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/organizations/{id}/delete_organization/",
    summary: "Delete an organization that has no submissions (its owner)",
    access: "user",
    audited: true,
    params: idParams,
    answer: {
      status: 200,
      description: "Deleted",
      schema: z.object({ success: z.literal(true), message: z.string() }),
    },
    async handle({ context, actor, reason, params }) {
      await deleteOrganization(context, { actor, reason }, params.id);
      return { status: 200, body: { success: true, message: "Organization deleted!" } };
    },
  }),
  route({
    method: "POST",
    path: "/api/organizations/validate_invite/",
    summary: "Get an invitation by its token; 301 if it was already accepted",
    access: "user",
    body: token,
    answer: { status: 200, description: "The invitation", schema: invitationSchema },
    async handle({ context, actor, body }) {
      const member = await ownInvitation(context, actor, body.token);
      if (member.group !== "INVITED")
        return { status: 301, body: { redirect_url: organizationUrl(member.organization_id) } };
      return { status: 200, body: shownInvitation(member) };
    },
  }),
  route({
    method: "POST",
    path: "/api/organizations/invite_response/",
    summary: "Accept an invitation",
    access: "user",
    audited: true,
    body: token,
    answer: { status: 200, description: "You are a member", schema: inviteAnswer },
    async handle({ context, actor, reason, body }) {
      const member = await ownInvitation(context, actor, body.token);
      const accepted = await acceptInvitation(context, { actor, reason }, member);
      return {
        status: 200,
        body: {
          invite_status: accepted ? "accepted" : "already accepted",
          redirect_url: organizationUrl(member.organization_id),
        },
      };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/organizations/invite_response/",
    summary: "Decline an invitation",
    access: "user",
    audited: true,
    body: token,
    answer: { status: 200, description: "The invitation is declined", schema: z.string() },
    async handle({ context, actor, reason, body }) {
      await declineInvitation(context, { actor, reason }, await ownInvitation(context, actor, body.token));
      return { status: 200, body: "Deleted Invite" };
    },
  }),
];
