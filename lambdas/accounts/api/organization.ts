// How the API shows organizations, members and invitations.
import * as z from "zod";
import { organizationGroups, permissions, type Actor } from "../../policy/policy.ts";
import {
  organizationUrl,
  type Member,
  type OrganizationRow,
  type organizationWithMembers,
} from "../service/organizations.ts";
import { permissionsSchema } from "../../http/permissions.ts";
import type { Context } from "../../kernel/context.ts";
import { photoUrls } from "../service/images.ts";
import { photoFields } from "./photo.ts";

/** The short form of an organization, next to submissions in its name. */
export const namedOrganizationSchema = z
  .object({ id: z.int(), name: z.string(), url: z.string() })
  .meta({ id: "NamedOrganization" });

export const namedOrganization = (organization: { id: number; name: string } | null) =>
  organization && { id: organization.id, name: organization.name, url: organizationUrl(organization.id) };

/** The profile of an organization. */
export const organizationSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    ...photoFields,
    email: z.string(),
    location: z.string().nullable(),
    description: z.string().nullable(),
    website_url: z.string().nullable(),
    linkedin_url: z.string().nullable(),
    twitter_url: z.string().nullable(),
    github_url: z.string().nullable(),
    url: z.string(),
  })
  .meta({ id: "Organization" });

export const shownOrganization = async (
  context: Context,
  { created_when: _, photo_key, photo_icon_key, ...organization }: OrganizationRow,
) => ({
  ...organization,
  ...(await photoUrls(context, { photo_key, photo_icon_key })),
  url: organizationUrl(organization.id),
});

const day = z.string().meta({ description: "MM-DD-YYYY, in UTC" });
const shownDay = (moment: Date) => moment.toISOString().replace(/^(\d+)-(\d+)-(\d+).*$/, "$2-$3-$1");
const groupSchema = z.enum(organizationGroups);
const personSchema = z.object({ id: z.int(), name: z.string(), email: z.string().optional(), slug: z.string() });
const memberSchema = z.object({ id: z.int(), group: groupSchema, date_joined: day, user: personSchema });

/** An organization with its members. */
export const organizationDetailSchema = organizationSchema
  .extend({
    date_created: day,
    group: groupSchema.nullable().meta({ description: "Your group" }),
    members: z
      .array(memberSchema)
      .optional()
      .meta({ description: "Visible to members; mail addresses are visible to owner and managers" }),
    permissions: permissionsSchema("organization"),
  })
  .meta({ id: "OrganizationWithMembers" });

const person = (member: Member) => ({ id: member.user_id, name: member.name, slug: member.username });

export const shownDetail = async (
  context: Context,
  viewer: Actor,
  { organization, group, members, withMail }: Awaited<ReturnType<typeof organizationWithMembers>>,
) => ({
  ...(await shownOrganization(context, organization)),
  date_created: shownDay(organization.created_when),
  group,
  members: members?.map((member) => ({
    id: member.id,
    group: member.group,
    date_joined: shownDay(member.joined_when),
    user: { ...person(member), ...(withMail ? { email: member.email } : {}) },
  })),
  permissions: permissions(viewer, "organization", { group }),
});

/** An invitation, as the invited person sees it. */
export const invitationSchema = z.object({ date_joined: day, user: personSchema, organization_name: z.string() });

export const shownInvitation = (member: Member) => ({
  date_joined: shownDay(member.joined_when),
  user: { ...person(member), email: member.email },
  organization_name: member.organization_name,
});

/** The actor's membership or invitation in one organization. */
export const membershipSchema = namedOrganizationSchema.extend({
  group: groupSchema,
  membership: z.int().meta({ description: "The membership's id, for leaving" }),
  token: z.string().nullable().meta({ description: "The invitation's token; null for members" }),
});

export const shownMembership = (member: Member) => ({
  ...namedOrganization({ id: member.organization_id, name: member.organization_name }),
  group: member.group,
  membership: member.id,
  token: member.group === "INVITED" ? member.token : null,
});
