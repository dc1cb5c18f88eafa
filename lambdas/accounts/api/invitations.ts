/** Invitations to sign up. */
import * as z from "zod";
import {
  askForInvitation,
  invite,
  listInvitations,
  withdrawInvitation,
  type Invitation,
} from "../service/invitations.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { email } from "./new-account.ts";

const invitationSchema = z
  .object({ id: z.guid(), email: z.string(), created_when: z.date(), expires_at: z.date() })
  .meta({ id: "Invitation" });
const shown = ({ id, email, created_when, expires_at }: Invitation) => ({ id, email, created_when, expires_at });

const asked = "If this address has no account yet, a mail with a link is on its way to it.";

export const invitationRoutes = [
  route({
    method: "GET",
    path: "/api/invitations/",
    summary: "Invitations that can still be used (superusers)",
    access: "user",
    answer: { status: 200, description: "The invitations, the newest first", schema: z.array(invitationSchema) },
    handle: async ({ context, actor }) => ({ status: 200, body: (await listInvitations(context, actor)).map(shown) }),
  }),
  route({
    method: "POST",
    path: "/api/invitations/",
    summary: "Invite the owner of a mail address to sign up (superusers)",
    access: "user",
    audited: true,
    body: z.object({ email }),
    answer: {
      status: 201,
      description: "The invitation. Its link is shown only once; it is mailed if the platform sends mail",
      schema: invitationSchema.extend({ link: z.string() }).meta({ id: "NewInvitation" }),
    },
    async handle({ context, actor, reason, body }) {
      const { link, ...invitation } = await invite(context, { actor, reason }, body.email);
      return { status: 201, body: { ...shown(invitation), link } };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/invitations/{id}/",
    summary: "Take an invitation back (superusers)",
    access: "user",
    audited: true,
    params: z.object({ id: z.guid() }),
    answer: { status: 204, description: "Taken back" },
    async handle({ context, actor, reason, params }) {
      await withdrawInvitation(context, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
  route({
    method: "POST",
    path: "/api/invitations/request/",
    summary: "Ask for an invitation with an address at one of the platform's mail domains",
    access: "anyone",
    body: z.object({ email }),
    answer: { status: 200, description: "The request is noted", schema: z.object({ detail: z.string() }) },
    async handle({ context, body, event }) {
      await askForInvitation(context, body.email, senderOf(event));
      return { status: 200, body: { detail: asked } };
    },
  }),
];
