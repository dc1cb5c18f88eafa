/** Signing up: invitations, and the page for people. */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { signUp } from "../service/accounts.ts";
import {
  askForInvitation,
  invite,
  listInvitations,
  signUpPath,
  withdrawInvitation,
  type Invitation,
} from "../service/invitations.ts";
import { csrfTokenOf, newCsrfToken, requireOwnSite } from "../../http/cookies.ts";
import { invalidFields, refusalPage } from "../../http/errors.ts";
import { html, page } from "../../http/html.ts";
import { route, type Answer } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { email, newcomer } from "./new-account.ts";

const invitationSchema = z
  .object({ id: z.guid(), email: z.string(), created_when: z.date(), expires_at: z.date() })
  .meta({ id: "Invitation" });
const shown = ({ id, email, created_when, expires_at }: Invitation) => ({ id, email, created_when, expires_at });

const title = "Make an account";
const asked = "If this address has no account yet, a mail with a link is on its way to it.";

/** The form to sign up, or, where only people at some mail domains may, the form that asks for the mail with a link to it. */
function form(
  { context, event }: { context: Context; event: APIGatewayProxyEventV2 },
  token: string | undefined,
): Answer {
  const fresh = newCsrfToken(context.environment.PUBLIC_URL);
  const held = csrfTokenOf(event);
  const csrf = html`<input type="hidden" name="csrfmiddlewaretoken" value="${held ?? fresh.token}" />`;
  const { signUp: mode, domains } = context.environment.SIGN_IN;
  const address = html`<p>
    <label>Mail address<br /><input name="email" type="email" autocomplete="email" required /></label>
  </p>`;
  const answer = page(
    title,
    token === undefined && mode === "domains"
      ? html`<form method="post" action="${signUpPath}">
          ${csrf}
          <p>You need a mail address at ${domains.join(" or ")}.</p>
          ${address}
          <p><button>Send a link</button></p>
        </form>`
      : html`<form method="post" action="${signUpPath}">
          ${csrf} ${token === undefined ? html`` : html`<input type="hidden" name="invitation" value="${token}" />`}
          <p>
            <label
              >Username<br /><input
                name="username"
                autocomplete="username"
                pattern="[a-z0-9_\\-]{5,15}"
                title="5 to 15 lowercase letters, digits, hyphens and underscores"
                required
            /></label>
          </p>
          ${address}
          <p>
            <label
              >Password<br /><input name="password" type="password" autocomplete="new-password" minlength="8" required
            /></label>
          </p>
          <p><button>Make the account</button></p>
        </form>`,
  );
  return held === undefined ? { ...answer, cookies: [fresh.cookie] } : answer;
}

function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidFields(parsed.error);
}

export const signUpRoutes = [
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
  route({
    method: "GET",
    path: signUpPath,
    summary: "The form to sign up, perhaps with the token of an invitation",
    access: "anyone",
    query: z.object({ token: z.string().max(200).optional() }),
    answer: { status: 200, description: "The page" },
    handle: (request) => Promise.resolve(form(request, request.query.token)),
  }),
  route({
    method: "POST",
    path: signUpPath,
    summary: "Sign up with the form, or ask for an invitation with only a mail address",
    access: "anyone",
    // Checked below, so that a browser shows what is wrong as a page.
    body: z.record(z.string(), z.unknown()),
    answer: { status: 200, description: "A page that says what happened" },
    async handle({ context, body, event }) {
      await requireOwnSite(event, context.environment.PUBLIC_URL);
      try {
        if (!("username" in body)) {
          await askForInvitation(context, checked(z.object({ email }), body).email, senderOf(event));
          return page(title, html`<p role="status">${asked}</p>`);
        }
        const { username } = await signUp(context, checked(newcomer, body), senderOf(event));
        return page(
          title,
          html`<p role="status">The account ${username} is made.</p>
            <p><a href="/accounts/login/">Log in</a></p>`,
        );
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return refusalPage(page(title, html`<p role="alert">${error.message}</p>`), error);
      }
    },
  }),
];
