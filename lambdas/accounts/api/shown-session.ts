import * as z from "zod";
import { may, type Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { ownName } from "../service/profiles.ts";
import type { CurrentLogin } from "../../http/route.ts";

/** Who is logged in, and what they may do. */
export const sessionSchema = z
  .object({
    user: z
      .object({
        id: z.int(),
        username: z.string(),
        name: z.string().meta({ description: "The display name, or else the username" }),
        email: z.string(),
        email_is_confirmed: z.boolean(),
        is_superuser: z.boolean(),
        is_bot: z.boolean(),
      })
      .nullable()
      .meta({ description: "Null if nobody is logged in" }),
    impersonated_by: z
      .object({ id: z.int(), username: z.string() })
      .nullable()
      .meta({ description: "The administrator who acts as the user in this session; everything they see must say so" }),
    permissions: z
      .object({
        organize: z.boolean().meta({ description: "Create competitions, tasks and queues" }),
        create_users: z.boolean(),
        administer: z.boolean(),
        read_audit_trail: z.boolean().meta({ description: "That of the platform" }),
      })
      .meta({ description: "What the user may do on the platform" }),
    ban: z
      .string()
      .nullable()
      .meta({ description: "Why nobody is logged in, in a sentence, if it is because the person is banned" }),
    expires_at: z.date().nullable().meta({ description: "When the session or token ends. Using a session moves it" }),
  })
  .meta({ id: "Session" });

/** Somebody's session, or that nobody is logged in. */
export async function shownSession(
  context: Context,
  actor: Actor,
  login: Pick<CurrentLogin, "expiresAt" | "scopes"> | null,
  ban: string | null = null,
) {
  const permissions = {
    organize: actor.kind === "user" && (login?.scopes?.includes("organize") ?? true),
    create_users: may(actor, "user.create", null),
    administer: may(actor, "platform.administer", null),
    read_audit_trail: may(actor, "audit.ofPlatform", null),
  };
  if (actor.kind !== "user") return { user: null, impersonated_by: null, permissions, ban, expires_at: null };
  const { id, username, email, emailIsConfirmed, isSuperuser, isBot } = actor;
  const user = {
    id,
    username,
    name: await ownName(context, actor),
    email,
    email_is_confirmed: emailIsConfirmed,
    is_superuser: isSuperuser,
    is_bot: isBot,
  };
  return {
    user,
    impersonated_by: actor.impersonatedBy ?? null,
    permissions,
    ban,
    expires_at: login?.expiresAt ?? null,
  };
}
