/** Who somebody is, as an identity provider tells it. */
import * as z from "zod";
import type { IdentityProvider } from "./sign-in-options.ts";

export const identitySchema = z.object({
  /** The person's id at the provider, which never changes. */
  subject: z.string().min(1).max(255),
  email: z.email().max(254).nullable(),
  /** Whether the provider says that the address is theirs. */
  emailIsVerified: z.boolean(),
  /** What they are called, for a new account. */
  username: z.string().nullable(),
  name: z.string().nullable(),
  /** The organizations that the provider decides about, with the person's group; null if they are not in it. */
  organizations: z.array(z.object({ id: z.int(), group: z.enum(["MANAGER", "PARTICIPANT", "MEMBER"]).nullable() })),
});
export type Identity = z.output<typeof identitySchema>;

/** The addresses of a provider that speaks OAuth 2 alone, which cannot be asked for them. */
export interface OAuth2Endpoints {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  userEndpoint: string;
  /** Lists the person's mail addresses as GitHub does; null if `userEndpoint` has `email` and `email_verified`. */
  emailsEndpoint: string | null;
}

/** The addresses of a provider; null for OpenID Connect, which has a document with them. */
export function endpointsOf(provider: IdentityProvider): OAuth2Endpoints | null {
  if (provider.kind === "oidc") return null;
  if (provider.kind === "oauth2") return provider;
  return {
    authorizationEndpoint: "https://github.com/login/oauth/authorize",
    tokenEndpoint: "https://github.com/login/oauth/access_token",
    userEndpoint: "https://api.github.com/user",
    emailsEndpoint: "https://api.github.com/user/emails",
  };
}

/** What is asked for at a provider. */
export function scopeOf({ kind, scope }: IdentityProvider): string {
  return scope ?? (kind === "github" ? "read:user user:email" : "openid email profile");
}

const text = (value: unknown): string | null =>
  typeof value === "string" && value.trim() !== "" ? value.trim() : null;

/**
 * The identity in the claims of OpenID Connect, or in the answer of an OAuth 2 provider's user endpoint. `emails` is what its
 * emails endpoint lists. Only `true` counts as verified. Throws if there is no subject.
 */
export function identityOf(
  claims: Record<string, unknown>,
  emails: unknown,
  { groupsClaim, organizations }: IdentityProvider,
): Identity {
  const listed = z
    .array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))
    .safeParse(emails);
  const primary = listed.data?.find((one) => one.primary);
  const email = z
    .email()
    .max(254)
    .safeParse(primary?.email ?? claims["email"]);
  const told = claims[groupsClaim];
  const groups = Array.isArray(told) ? told : [told];
  const ids = [...new Set(Object.values(organizations).map(({ organization }) => organization))];
  // The entry that stands first decides.
  const groupIn = (id: number) =>
    Object.entries(organizations).find(([name, entry]) => entry.organization === id && groups.includes(name))?.[1]
      .group;
  const id = claims["sub"] ?? claims["id"];
  return identitySchema.parse({
    subject: typeof id === "number" ? String(id) : id,
    email: email.data?.toLowerCase() ?? null,
    emailIsVerified: primary ? primary.verified : listed.success ? false : claims["email_verified"] === true,
    username: text(claims["preferred_username"]) ?? text(claims["login"]) ?? text(claims["nickname"]),
    name: text(claims["name"])?.slice(0, 60) ?? null,
    organizations: ids.map((organization) => ({ id: organization, group: groupIn(organization) ?? null })),
  });
}

/** The first usernames to try for a new account: what the provider says, as usernames are spelt here. */
export function usernameFrom({ username, email }: Pick<Identity, "username" | "email">): string {
  const plain = (username ?? email?.split("@")[0] ?? "")
    .split("@")[0]!
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 15);
  return plain.length >= 5 ? plain : `user-${plain}`.replace(/-$/, "").padEnd(5, "0").slice(0, 15);
}
