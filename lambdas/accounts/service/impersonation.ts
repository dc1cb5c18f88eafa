/** An administrator acts as somebody else, to see what they see. */
import { deleteImpersonation, insertImpersonation } from "../db/tokens.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { newToken } from "../../kernel/secrets.ts";
import { record, type UserAuthor } from "./audit.ts";
import { loginBySession, type Login } from "./authenticate.ts";
import { requireNoBan } from "./bans.ts";
import type { Sender } from "./log-in.ts";
import { personWithId } from "./profiles.ts";

/** How long an administrator may act as somebody else without giving a reason again. */
export const impersonationSeconds = 3600;

/** Begins a session in which an administrator acts as somebody who is none. Returns it and its token. */
export async function beginImpersonation(
  context: Context,
  by: UserAuthor & { reason: string },
  id: number,
  sender: Sender,
): Promise<{ token: string; login: Login }> {
  if (!may(by.actor, "platform.administer", null)) throw notAllowed("administrators");
  const person = await personWithId(context, id);
  if (person.is_superuser)
    throw new Refusal("forbidden", "IS_ADMINISTRATOR", "Nobody may act as an administrator, and you are one already.");
  requireNoBan(person);
  const { token, hash } = newToken("bss");
  await transact(context, async (tx) => {
    await insertImpersonation(tx, {
      userId: person.id,
      impersonatorId: by.actor.id,
      hash,
      seconds: impersonationSeconds,
      userAgent: sender.userAgent,
    });
    await record(tx, by, event("impersonation.started", person.id, null));
  });
  return { token, login: (await loginBySession(context, token))! };
}

/** Ends the session in which an administrator acts as the actor. */
export async function endImpersonation(context: Context, actor: UserActor, loginId: string): Promise<void> {
  await transact(context, async (tx) => {
    if (await deleteImpersonation(tx, loginId))
      await record(tx, { actor, reason: null }, event("impersonation.ended", actor.id, null));
  });
}

/** Writes down that a request changes something. What it changes then has its own events. */
export async function noteImpersonation(
  context: Context,
  actor: UserActor,
  request: { method: string; path: string },
): Promise<void> {
  await transact(context, (tx) =>
    record(tx, { actor, reason: null }, event("impersonation.request", actor.id, request)),
  );
}

const event = (
  kind: "impersonation.started" | "impersonation.request" | "impersonation.ended",
  subject: number,
  after: Record<string, unknown> | null,
) => ({ place: {}, kind, subject, before: null, after });
