/** What people see and revoke of their own sessions and API tokens. */
import {
  deleteTokenOf,
  deleteTokensOf,
  insertApiToken,
  tokensOf,
  type TokenKind,
  type TokenRow,
} from "../db/tokens.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Scope } from "../../policy/scopes.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { newToken } from "../../kernel/secrets.ts";

export type OwnLogin = TokenRow;

/** A person's sessions or tokens that have not ended, the last used first. */
export const ownLogins = ({ db }: Context, actor: UserActor, kind: TokenKind): Promise<OwnLogin[]> =>
  tokensOf(db, actor.id, kind);

/** So that a program that makes a token for every run does not fill the list. */
const maxNamedTokens = 100;

/** Makes an API token with a name, an end and perhaps scopes. Returns the token, which is not stored. */
export async function createToken(
  context: Context,
  actor: UserActor,
  { name, scopes, days }: { name: string; scopes: Scope[] | null; days: number },
  userAgent: string | null,
): Promise<{ token: string; id: string }> {
  const existing = await tokensOf(context.db, actor.id, "token");
  if (existing.filter((token) => token.name !== null).length >= maxNamedTokens)
    throw new Refusal(
      "conflict",
      "TOO_MANY_TOKENS",
      `You have ${maxNamedTokens} tokens with names. Revoke those that you no longer use.`,
    );
  const { token, hash } = newToken("bst");
  const id = await insertApiToken(context.db, {
    userId: actor.id,
    hash,
    kind: "token",
    lifetimeDays: days,
    name,
    scopes,
    userAgent,
  });
  return { token, id };
}

/** Ends one of the actor's own sessions, or revokes one of their tokens. */
export async function endLogin({ db }: Context, actor: UserActor, { id, kind }: { id: string; kind: TokenKind }) {
  if (!(await deleteTokenOf(db, actor.id, kind, id)))
    throw new Refusal("not-found", "NO_SUCH_LOGIN", `You have no such ${kind}.`);
}

/** Ends all of the actor's sessions but the one with an id. Returns how many. */
export const endOtherSessions = ({ db }: Context, actor: UserActor, except: string): Promise<number> =>
  deleteTokensOf(db, actor.id, { kind: "session", except });
