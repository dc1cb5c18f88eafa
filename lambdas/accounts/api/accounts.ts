import * as z from "zod";
import { may } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { createAccount, signUp, type User } from "../service/accounts.ts";
import { newApiToken } from "../service/log-in.ts";
import { changeProfile, lookUpPeople, ownName } from "../service/profiles.ts";
import { boolean, idParams, namedImage, oneLine } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { credentials } from "./credentials.ts";
import { newcomer, newUser } from "./new-account.ts";
import { wishFields } from "./notifications.ts";

const publicUser = z
  .object({ id: z.int(), username: z.string(), email: z.string(), is_bot: z.boolean() })
  .meta({ id: "User" });

const shown = ({ id, username, email, is_bot }: User) => ({ id, username, email, is_bot });

const text = (most: number) => z.string().max(most).nullish();
const line = (most: number) => oneLine(most).nullish();
const link = z.union([z.literal(""), z.url({ protocol: /^https?$/ }).max(400)]).nullish();

const profile = z.object({
  display_name: line(60),
  first_name: line(60),
  last_name: line(60),
  title: line(200),
  location: line(250),
  biography: text(10_000),
  personal_url: link,
  linkedin_url: link,
  twitter_url: link,
  github_url: link,
  ...wishFields,
});

export const accountRoutes = [
  route({
    method: "POST",
    path: "/api/api-token-auth/",
    summary: "Log in with a username or mail address and a password to get a token",
    access: "anyone",
    forBanned: true,
    inMaintenance: true,
    body: credentials,
    answer: { status: 200, description: "The token, valid for 90 days", schema: z.object({ token: z.string() }) },
    async handle({ context, body, event }) {
      return { status: 200, body: { token: await newApiToken(context, body, senderOf(event)) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/signup/",
    summary: "Sign up",
    access: "anyone",
    body: newcomer,
    answer: { status: 201, description: "The account", schema: publicUser },
    async handle({ context, body, event }) {
      return { status: 201, body: shown(await signUp(context, body, senderOf(event))) };
    },
  }),
  route({
    method: "POST",
    path: "/api/users/",
    summary: "Create an account (superusers)",
    access: "user",
    audited: true,
    body: newUser.extend({ is_bot: boolean.default(false) }),
    answer: { status: 201, description: "The account", schema: publicUser },
    async handle({ context, actor, reason, body }) {
      if (!may(actor, "user.create", null))
        throw new Refusal("forbidden", "NOT_ALLOWED", "Only superusers make accounts.");
      return { status: 201, body: shown(await createAccount(context, { actor, reason }, body, body.is_bot)) };
    },
  }),
  route({
    method: "PATCH",
    path: "/api/users/{id}/",
    summary: "Change your profile, or any profile as a superuser",
    access: "user",
    params: idParams,
    body: profile.extend({ photo: namedImage }),
    answer: { status: 200, description: "The profile's address", schema: z.string() },
    async handle({ context, actor, params, body: { photo, ...changes } }) {
      const username = await changeProfile(context, actor, params.id, changes, photo);
      return { status: 200, body: `/profiles/user/${username}/` };
    },
  }),
  route({
    method: "GET",
    path: "/api/my_profile/",
    summary: "The account that the token belongs to",
    access: "user",
    answer: {
      status: 200,
      description: "The account",
      schema: z.object({
        username: z.string(),
        name: z.string(),
        email: z.string(),
        email_is_confirmed: z.boolean().meta({ description: "Whether the address was shown to be yours" }),
        github_info: z.null(),
      }),
    },
    async handle({ context, actor }) {
      const name = await ownName(context, actor);
      const { username, email, emailIsConfirmed: email_is_confirmed } = actor;
      return { status: 200, body: { username, name, email, email_is_confirmed, github_info: null } };
    },
  }),
  route({
    method: "GET",
    path: "/api/user_lookup/",
    summary: "Find up to five other users by part of their username or by their full mail address",
    access: "user",
    query: z.object({ q: z.string().default("") }),
    answer: {
      status: 200,
      description: "JSON, sent as text/html because Codabench does so",
      type: "text/html",
      schema: z.object({ results: z.array(z.object({ id: z.int(), name: z.string(), username: z.string() })) }),
    },
    async handle({ context, actor, query }) {
      const people = await lookUpPeople(context, actor, query.q);
      const results = people.map(({ id, username, email }) => ({
        id,
        name: actor.isSuperuser ? `${username} (${email})` : username,
        username,
      }));
      return {
        status: 200,
        // Escapes `<` so that browsers do not read the answer as markup.
        body: JSON.stringify({ results }).replaceAll("<", "\\u003c"),
        headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'" },
      };
    },
  }),
];
