/** What administrators do with accounts. */
import * as z from "zod";
import {
  ban,
  changeAccount,
  requireAdministrator,
  revokeLogins,
  sendPasswordReset,
  unban,
} from "../../../accounts/service/administration.ts";
import type { UserAuthor } from "../../../accounts/service/audit.ts";
import { boolean, idParams, integer, nothing, wholeNumber } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import type { Context } from "../../../kernel/context.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { cancelSubmissionsOf, listedUser } from "../../service/users.ts";
import { userSchema } from "./users.ts";

const accountChanges = z.strictObject({
  is_superuser: boolean.optional(),
  is_bot: boolean.optional(),
  email: z.email().max(254).optional(),
  email_is_confirmed: boolean.optional().meta({ description: "Whether you vouch that the address is theirs" }),
  queue_limit: nothing(wholeNumber(0, 1_000_000)).optional(),
  storage_quota_bytes: nothing(wholeNumber(0, Number.MAX_SAFE_INTEGER)).optional(),
});

const banSchema = z.object({
  reason: z.string().trim().min(3).max(1000).meta({ description: "The person is told" }),
  until: nothing(z.iso.datetime({ offset: true }))
    .optional()
    .meta({ description: "Null: until you end it" }),
  cancel_submissions: boolean
    .default(false)
    .meta({ description: "Whether their submissions that have not ended are cancelled" }),
});

async function banAndCancel(context: Context, by: UserAuthor, id: number, body: z.output<typeof banSchema>) {
  await ban(context, by, id, { reason: body.reason, until: body.until ? new Date(body.until) : null });
  return body.cancel_submissions ? cancelSubmissionsOf(context, { ...by, reason: body.reason }, id) : 0;
}

/** What may be done with many accounts, and what it needs. */
const manySchema = z.discriminatedUnion("action", [
  z.object({ action: z.literal("change"), changes: accountChanges.omit({ email: true }) }),
  banSchema.extend({ action: z.literal("ban") }),
  z.object({ action: z.enum(["unban", "password_reset", "revoke_logins"]) }),
]);

async function doWith(context: Context, by: UserAuthor, id: number, wanted: z.output<typeof manySchema>) {
  switch (wanted.action) {
    case "change":
      return changeAccount(context, by, id, wanted.changes);
    case "ban":
      return banAndCancel(context, by, id, wanted);
    case "unban":
      return unban(context, by, id);
    case "password_reset":
      return sendPasswordReset(context, by, id);
    case "revoke_logins":
      return revokeLogins(context, by, id);
  }
}

const maxAtOnce = 100;

const common = { access: "user", audited: true, params: idParams } as const;
const asListed = { status: 200, description: "The account", schema: userSchema };

export const administrationRoutes = [
  route({
    method: "PATCH",
    path: "/api/admin/users/{id}/",
    summary: "Change role, limits or mail address of an account (administrators)",
    ...common,
    body: accountChanges,
    answer: asListed,
    async handle({ context, actor, reason, params: { id }, body }) {
      await changeAccount(context, { actor, reason }, id, body);
      return { status: 200, body: await listedUser(context, actor, id) };
    },
  }),
  route({
    method: "POST",
    path: "/api/admin/users/{id}/ban/",
    summary: "Ban somebody, who is told why and until when (administrators)",
    ...common,
    body: banSchema,
    answer: {
      status: 200,
      description: "The account, and how many submissions were cancelled",
      schema: userSchema.extend({ cancelled: z.int() }).meta({ id: "BannedUser" }),
    },
    async handle({ context, actor, reason, params: { id }, body }) {
      const cancelled = await banAndCancel(context, { actor, reason }, id, body);
      return { status: 200, body: { ...(await listedUser(context, actor, id)), cancelled } };
    },
  }),
  route({
    method: "POST",
    path: "/api/admin/users/{id}/unban/",
    summary: "End somebody's ban (administrators)",
    ...common,
    answer: asListed,
    async handle({ context, actor, reason, params: { id } }) {
      await unban(context, { actor, reason }, id);
      return { status: 200, body: await listedUser(context, actor, id) };
    },
  }),
  route({
    method: "POST",
    path: "/api/admin/users/{id}/password_reset/",
    summary: "Mail somebody a link that sets a new password (administrators)",
    ...common,
    answer: {
      status: 200,
      description: "The link to give them, if no mail is sent to them; otherwise null",
      schema: z.object({ link: z.string().nullable() }),
    },
    async handle({ context, actor, reason, params: { id } }) {
      return { status: 200, body: await sendPasswordReset(context, { actor, reason }, id) };
    },
  }),
  route({
    method: "POST",
    path: "/api/admin/users/{id}/revoke_logins/",
    summary: "End all sessions of somebody and revoke all their API tokens (administrators)",
    ...common,
    answer: { status: 200, description: "How many ended", schema: z.object({ ended: z.int() }) },
    async handle({ context, actor, reason, params: { id } }) {
      return { status: 200, body: { ended: await revokeLogins(context, { actor, reason }, id) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/admin/users/many/",
    summary: `Do one thing with up to ${maxAtOnce} accounts: change, ban, unban, password_reset or revoke_logins (administrators)`,
    access: "user",
    audited: true,
    body: z.intersection(z.object({ ids: z.array(integer).min(1).max(maxAtOnce) }), manySchema),
    answer: {
      status: 200,
      description: "The accounts with which it was done, and the others, each with the reason",
      schema: z.object({
        done: z.array(z.int()),
        skipped: z.array(z.object({ id: z.int(), code: z.string(), detail: z.string() })),
      }),
    },
    async handle({ context, actor, reason, body: { ids, ...wanted } }) {
      requireAdministrator(actor);
      const done: number[] = [];
      const skipped: { id: number; code: string; detail: string }[] = [];
      for (const id of new Set(ids))
        try {
          await doWith(context, { actor, reason }, id, wanted);
          done.push(id);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          skipped.push({ id, code: error.code, detail: error.message });
        }
      return { status: 200, body: { done, skipped } };
    },
  }),
];
