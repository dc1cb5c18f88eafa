/** How people come in: the options of a platform, on AWS and on one machine alike. */
import * as z from "zod";

/** Who may create an account. `domains`: whoever receives mail at an address in one of the domains. */
export const signUpModes = ["open", "invitation", "domains", "closed"] as const;
export type SignUpMode = (typeof signUpModes)[number];

/** The option has been `true` or `false` before there were other modes. */
export const signUpSchema = z
  .union([z.boolean(), z.enum(signUpModes)])
  .transform((given): SignUpMode => (given === true ? "open" : given === false ? "closed" : given));

export const domainsSchema = z.array(
  z.hostname("must be the name of a domain, such as example.org").transform((name) => name.toLowerCase()),
);

/** The address of a server of an identity provider. Without TLS, only on the own machine, to try it out. */
const address = z
  .url({ protocol: /^https?$/ })
  .refine((text) => /^https:|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/]/.test(text), "must be an https address");

const common = {
  label: z.string().trim().min(1).max(80),
  clientId: z.string().min(1).max(300),
  scope: z
    .string()
    .regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/, "must be names with spaces between them")
    .optional(),
  createsAccounts: z.boolean().nullable().default(null),
  groupsClaim: z.string().min(1).default("groups"),
  organizations: z
    .record(
      z.string(),
      z.strictObject({
        organization: z.int().min(1),
        group: z.enum(["MANAGER", "PARTICIPANT", "MEMBER"]).default("MEMBER"),
      }),
    )
    .default({}),
};

export const identityProviderSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("oidc"), issuer: address, ...common }),
  z.strictObject({ kind: z.literal("github"), ...common }),
  z.strictObject({
    kind: z.literal("oauth2"),
    authorizationEndpoint: address,
    tokenEndpoint: address,
    userEndpoint: address,
    emailsEndpoint: address.nullable().default(null),
    ...common,
  }),
]);
export type IdentityProvider = z.output<typeof identityProviderSchema>;

/** Providers by the id that stands in their addresses. */
export const identityProvidersSchema = z.record(
  z.string().regex(/^[a-z0-9-]{1,30}$/, "use at most 30 lower-case letters, digits and hyphens"),
  identityProviderSchema,
);

export interface SignInOptions {
  signUp: SignUpMode;
  signUpDomains: string[];
  passwordSignIn: boolean;
  identityProviders: Record<string, IdentityProvider>;
}

/** What holds unless a platform says otherwise. */
export const openSignIn: SignInOptions = {
  signUp: "open",
  signUpDomains: [],
  passwordSignIn: true,
  identityProviders: {},
};

/** The variables of a function hold 4 KB, and others need the rest. */
const maxProvidersLength = 2500;

/** What is wrong with options together: the option and a sentence. Null if nothing is. */
export function signInProblem({
  signUp,
  signUpDomains,
  passwordSignIn,
  identityProviders,
}: SignInOptions): { option: keyof SignInOptions; message: string } | null {
  if (signUp === "domains" && signUpDomains.length === 0)
    return { option: "signUpDomains", message: 'must name at least one domain with signUp "domains"' };
  if (signUp !== "domains" && signUpDomains.length > 0)
    return { option: "signUpDomains", message: 'needs signUp "domains"' };
  if (!passwordSignIn && Object.keys(identityProviders).length === 0)
    return { option: "passwordSignIn", message: "may be false only with identityProviders, so that people can log in" };
  if (JSON.stringify(identityProviders).length > maxProvidersLength)
    return { option: "identityProviders", message: `may have at most ${maxProvidersLength} characters of JSON` };
  return null;
}

/** What the functions that use the database need to know of the options. */
export const signInVariable = ({ signUp, signUpDomains, passwordSignIn, identityProviders }: SignInOptions): string =>
  JSON.stringify({
    signUp,
    domains: signUpDomains,
    passwords: passwordSignIn,
    providers: Object.entries(identityProviders).map(([id, { label, createsAccounts }]) => ({
      id,
      label,
      createsAccounts,
    })),
  });
