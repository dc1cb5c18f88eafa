import * as z from "zod";
import { changeMailWishes, mailWishes } from "../service/profiles.ts";
import { csrfTokenOf, newCsrfToken } from "../../http/cookies.ts";
import { boolean } from "../../http/fields.ts";
import { html, page } from "../../http/html.ts";
import { route } from "../../http/route.ts";

const path = "/accounts/mail/";

const box = (name: string, label: string, checked: boolean) =>
  html`<p>
    <label
      ><input type="checkbox" style="width:auto" name="${name}" value="true" ${checked ? html`checked` : html``} />
      ${label}</label
    >
  </p>`;

/** The page on which users choose which mail they get. Mail links to it for unsubscribing. */
export const mailSettingRoutes = [
  route({
    method: "GET",
    path,
    summary: "The form for choosing which mail you get",
    access: "anyone",
    query: z.object({ saved: boolean.default(false) }),
    answer: { status: 200, description: "The page; 302 to the login form without a session" },
    async handle({ context, actor, query, event }) {
      if (actor.kind !== "user")
        return { status: 302, headers: { location: `/accounts/login/?next=${encodeURIComponent(path)}` } };
      const wishes = await mailWishes(context, actor);
      const fresh = newCsrfToken(context.environment.PUBLIC_URL);
      const held = csrfTokenOf(event);
      const answer = page(
        "Mail",
        html`<form method="post" action="${path}">
          ${query.saved ? html`<p role="status">Saved.</p>` : html``}
          <input type="hidden" name="csrfmiddlewaretoken" value="${held ?? fresh.token}" />
          <p>Mail that ${actor.username} wants:</p>
          ${box("organizer_direct_message_updates", "Messages of organizers", wishes.organizer_direct_message_updates)}
          ${box("allow_organization_invite_emails", "Invitations into organizations", wishes.allow_organization_invite_emails)}
          <p><button>Save</button></p>
        </form>`,
      );
      return held === undefined ? { ...answer, cookies: [fresh.cookie] } : answer;
    },
  }),
  route({
    method: "POST",
    path,
    summary: "Save the form that chooses which mail you get",
    access: "user",
    // Browsers do not send unticked boxes.
    body: z.object({
      organizer_direct_message_updates: boolean.default(false),
      allow_organization_invite_emails: boolean.default(false),
    }),
    answer: { status: 302, description: "Saved" },
    async handle({ context, actor, body }) {
      await changeMailWishes(context, actor, body);
      return { status: 302, headers: { location: `${path}?saved=true` } };
    },
  }),
];
