import { randomUUID } from "node:crypto";
import type { Actor } from "./policy-table.ts";
import {
  json,
  newAccount,
  csrf,
  personOf,
  passkey,
  ownLogin,
  sending,
  finding,
  keeping,
  nothing,
  type Recipe,
} from "./recipes.ts";
import type { World } from "./world.ts";

const organization: Recipe = ({ organization: { id } }) => ({ at: { id } });
const participantsAccount: Recipe = ({ ids }) => ({ at: { id: ids.participant } });
const invitation: Recipe = ({ invitation: token }) => ({ content: json({ token }) });

/** Requests about accounts and organizations. */
export const accountRequests: Record<string, Recipe> = {
  "POST /api/api-token-auth/": ownLogin,
  "POST /api/signup/": sending(nothing, newAccount),
  "POST /api/users/": sending(nothing, newAccount),
  "GET /api/users/{name}/": ({ people }) => ({ at: { name: people.participant.username } }),
  "PATCH /api/users/{id}/": sending(({ ids }) => ({ at: { id: ids.participant } }), { display_name: "Another" }),
  "GET /api/my_profile/": nothing,
  "GET /api/user_lookup/": ({ people: { participant } }) => ({
    query: { q: participant.username },
    finds: participant.username,
  }),
  "GET /api/session/": keeping(nothing),
  "POST /api/session/": ({ people }, actor) => {
    const { username, password } = people[personOf(actor)];
    return {
      content: json({ username, password }),
      headers: { cookie: `csrftoken=${csrf}`, "x-csrftoken": csrf },
    };
  },
  "DELETE /api/session/": nothing,
  "GET /api/sessions/": nothing,
  "DELETE /api/sessions/": nothing,
  "DELETE /api/sessions/{id}/": ({ logins }, actor) => ({ at: { id: logins[personOf(actor)].session } }),
  "GET /api/tokens/": nothing,
  "POST /api/tokens/": sending(nothing, { name: "a program", scopes: ["read"] }),
  "DELETE /api/tokens/{id}/": ({ logins }, actor) => ({ at: { id: logins[personOf(actor)].token } }),
  "PUT /api/account/password/": sending(nothing, ({ people }: World, actor: Actor) => ({
    old_password: people[personOf(actor)].password,
    new_password: "another long one",
  })),
  "PUT /api/account/email/": sending(nothing, ({ people }: World, actor: Actor) => ({
    password: people[personOf(actor)].password,
    email: `${randomUUID()}@example.org`,
  })),
  "POST /accounts/password_reset/": sending(nothing, ({ people }: World) => ({
    email: `${people.participant.username}@example.org`,
  })),
  "POST /accounts/password_reset/confirm/": sending(nothing, ({ reset }: World) => ({
    token: reset,
    password: "another long one",
  })),
  "GET /api/account/exports/": nothing,
  "POST /api/account/exports/": nothing,
  "GET /api/account/deletion/": nothing,
  // Nobody here gives the right password, because most of them own something that others depend on.
  "POST /api/account/deletion/": sending(nothing, { password: "not the password" }),
  "DELETE /api/account/deletion/": nothing,
  "POST /accounts/delete/": sending(nothing, ({ deletion }: World) => ({ token: deletion })),
  "GET /api/account/hand-overs/": ({ offer }) => ({ finds: offer }),
  "POST /api/account/hand-overs/": sending(nothing, ({ competition: id, people }: World) => ({
    kind: "competition",
    id,
    to: people["other organizer"].username,
  })),
  "POST /api/account/hand-overs/{id}/accept/": ({ offer }) => ({ at: { id: offer } }),
  "DELETE /api/account/hand-overs/{id}/": ({ offer }) => ({ at: { id: offer } }),
  "GET /accounts/sign-in/{provider}/": ({ provider }) => ({ at: { provider } }),
  "GET /accounts/sign-in/{provider}/callback/": ({ provider }) => ({ at: { provider } }),
  "GET /api/account/identities/": nothing,
  "DELETE /api/account/identities/{provider}/": ({ provider }) => ({ at: { provider } }),
  "GET /api/account/second-factor/": nothing,
  "POST /api/account/second-factor/": sending(nothing, ({ people }: World, actor: Actor) => ({
    password: people[personOf(actor)].password,
  })),
  // Nobody here has begun with one.
  "PUT /api/account/second-factor/": sending(nothing, { code: "123456" }),
  "DELETE /api/account/second-factor/": sending(nothing, ({ people }: World, actor: Actor) => ({
    password: people[personOf(actor)].password,
    code: "123456",
  })),
  "GET /api/account/passkeys/": nothing,
  "POST /api/account/passkeys/options/": sending(nothing, ({ people }: World, actor: Actor) => ({
    password: people[personOf(actor)].password,
  })),
  // No browser answers here.
  "POST /api/account/passkeys/": sending(nothing, {
    name: "a phone",
    passkey: { ...passkey, response: { clientDataJSON: "e30", attestationObject: "e30" } },
  }),
  "DELETE /api/account/passkeys/{id}/": sending(() => ({ at: { id: randomUUID() } }), {}),
  "POST /api/session/passkey/options/": nothing,
  "POST /api/session/passkey/": () => ({
    content: json({
      passkey: { ...passkey, response: { clientDataJSON: "e30", authenticatorData: "e30", signature: "e30" } },
    }),
    headers: { cookie: `csrftoken=${csrf}`, "x-csrftoken": csrf },
  }),
  "DELETE /api/users/{id}/second-factor/": ({ guarded }) => ({ at: { id: guarded } }),
  "GET /api/admin/users/": ({ people }) => ({
    query: { search: people.participant.username },
    finds: people.participant.username,
  }),
  "GET /api/admin/users/{id}/": participantsAccount,
  "PATCH /api/admin/users/{id}/": sending(participantsAccount, { queue_limit: 7 }),
  "POST /api/admin/users/{id}/ban/": sending(participantsAccount, { reason: "Spam" }),
  "POST /api/admin/users/{id}/unban/": ({ banned }) => ({ at: { id: banned } }),
  "POST /api/admin/users/{id}/password_reset/": participantsAccount,
  "POST /api/admin/users/{id}/revoke_logins/": participantsAccount,
  "POST /api/admin/users/many/": sending(nothing, ({ ids }: World) => ({
    ids: [ids.participant],
    action: "change",
    changes: { is_bot: true },
  })),
  "POST /api/admin/users/{id}/impersonate/": sending(participantsAccount, { reason: "They asked for help" }),
  "POST /api/session/impersonation/end/": nothing,
  "GET /api/invitations/": ({ invited }) => ({ finds: invited }),
  "POST /api/invitations/": sending(nothing, () => ({ email: `${randomUUID()}@example.org` })),
  "DELETE /api/invitations/{id}/": ({ invited }) => ({ at: { id: invited } }),
  // The platform of this test lets everybody sign up.
  "POST /api/invitations/request/": sending(nothing, { email: "somebody@example.org" }),
  "GET /api/config/": nothing,
  "GET /accounts/login/": nothing,
  "POST /accounts/login/": ownLogin,
  "POST /accounts/logout/": (_, actor) => ({ changes: actor !== "anonymous" }),
  "GET /accounts/confirm/": ({ confirmation }, actor) => ({ query: { token: confirmation[personOf(actor)] } }),
  "POST /accounts/confirm/": ({ confirmation }, actor) => ({
    content: json({ token: confirmation[personOf(actor)] }),
  }),
  "POST /accounts/confirm/send/": nothing,
  "GET /accounts/unsubscribe/": ({ unsubscribe: token }) => ({ query: { token } }),
  "POST /accounts/unsubscribe/": ({ unsubscribe: token }) => ({ query: { token } }),
  "GET /api/account/notifications/": nothing,
  "PATCH /api/account/notifications/": sending(nothing, { email_on_submission_finished: true }),
  "GET /api/api-auth/login/": nothing,

  "GET /api/users/participant_organizations/": ({ organization }) => ({ finds: organization.name }),
  "GET /api/organizations/": ({ organization }) => ({ finds: organization.name }),
  "POST /api/organizations/": sending(nothing, { name: "Another", email: "another@example.org" }),
  "GET /api/organizations/{id}/": organization,
  "GET /api/organizations/{id}/ for its members": finding(organization, ({ people }) => people.participant.username),
  "PUT /api/organizations/{id}/": sending(organization, { location: "Elsewhere" }),
  "PATCH /api/organizations/{id}/": sending(organization, { location: "Elsewhere" }),
  "POST /api/organizations/{id}/invite_users/": sending(organization, ({ ids }: World) => ({
    users: [ids["other organizer"]],
  })),
  "POST /api/organizations/{id}/update_member_group/": sending(organization, ({ membership }: World) => ({
    membership,
    group: "MANAGER",
  })),
  "DELETE /api/organizations/{id}/delete_member/": sending(organization, ({ membership }: World) => ({ membership })),
  "DELETE /api/organizations/{id}/delete_organization/": organization,
  "GET /api/organizations/{id}/audit/": organization,
  "POST /api/organizations/validate_invite/": keeping(invitation),
  "POST /api/organizations/invite_response/": invitation,
  "DELETE /api/organizations/invite_response/": invitation,
};
