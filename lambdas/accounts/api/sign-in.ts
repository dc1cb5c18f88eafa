/** Signing in with an identity provider. A function outside the VPC gets these requests first (`learnedOf`). */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { codeChallenge, newPendingCookie, readPending } from "../rules/pending-sign-in.ts";
import { sessionDays } from "../service/authenticate.ts";
import { logOut } from "../service/log-in.ts";
import { ownIdentities, providerNamed, removeIdentity, signIn, type Provider } from "../service/sign-in.ts";
import {
  newCsrfToken,
  pendingCookies,
  pendingOf,
  refusedSignIn,
  sessionCookies,
  sessionOf,
} from "../../http/cookies.ts";
import { route, type Answer } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { learnedOf } from "./learned.ts";
import { localPath } from "./local-path.ts";

const params = z.object({ provider: z.string().regex(/^[a-z0-9-]{1,30}$/) });
/** The answer of a provider, which only the function outside reads. */
const ofProvider = z.object(
  Object.fromEntries(
    ["code", "state", "iss", "session_state", "scope", "error", "error_description", "error_uri"].map((name) => [
      name,
      z.string().optional(),
    ]),
  ),
);

const isPage = ({ headers }: APIGatewayProxyEventV2): boolean => /text\/html/.test(headers["accept"] ?? "");

/**
 * Runs a step of a sign-in. A browser is led back to the login page, which shows why it was refused. The sentence is in a cookie and
 * not in the address, where anybody could write one.
 */
async function orLogin(
  context: Context,
  event: APIGatewayProxyEventV2,
  step: () => Promise<Answer> | Answer,
): Promise<Answer> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof Refusal) || !isPage(event)) throw error;
    return {
      status: 302,
      headers: { location: "/accounts/login/" },
      cookies: [refusedSignIn(context.environment.PUBLIC_URL, error.message)],
    };
  }
}

const refused = (problem: "denied" | "failed", { label }: Provider) =>
  problem === "denied"
    ? new Refusal("invalid", "SIGN_IN_DENIED", `You did not sign in with "${label}".`)
    : new Refusal(
        "unavailable",
        "PROVIDER_FAILED",
        `Signing in with "${label}" did not work. Begin again. If it fails again, tell the people who run this platform; their log says why.`,
      );

export const signInRoutes = [
  route({
    method: "GET",
    path: "/accounts/sign-in/{provider}/",
    summary: "Log in with an identity provider, for browsers",
    access: "anyone",
    forBanned: true,
    params,
    query: z.object({ next: localPath.default("/") }),
    answer: { status: 302, description: "A redirect to the provider" },
    handle: ({ context, params: { provider: id }, query, event }) =>
      orLogin(context, event, () => {
        const provider = providerNamed(context, id);
        const { authorizationUrl, givesIdToken, problem } = learnedOf(event);
        if (authorizationUrl === undefined) throw refused(problem ?? "failed", provider);
        const cookie = newPendingCookie(id, query.next);
        const { state, nonce, codeVerifier } = readPending(cookie)!;
        const url = new URL(authorizationUrl);
        for (const [name, value] of Object.entries({
          state,
          ...(givesIdToken && { nonce }),
          code_challenge: codeChallenge(codeVerifier),
          code_challenge_method: "S256",
        }))
          url.searchParams.set(name, value);
        return {
          status: 302,
          headers: { location: url.href },
          cookies: [pendingCookies.begin(context.environment.PUBLIC_URL, cookie)],
        };
      }),
  }),
  route({
    method: "GET",
    path: "/accounts/sign-in/{provider}/callback/",
    summary: "The address to which an identity provider sends a browser back; begins a session",
    access: "anyone",
    forBanned: true,
    params,
    query: ofProvider,
    answer: { status: 302, description: "Logged in: a redirect to the page on which the person was" },
    handle: ({ context, params: { provider: id }, event }) =>
      orLogin(context, event, () => comeBack(context, providerNamed(context, id), event)),
  }),
  route({
    method: "GET",
    path: "/api/account/identities/",
    summary: "The identity providers with which you can log in",
    access: "user",
    answer: {
      status: 200,
      description: "The providers",
      schema: z.array(z.object({ provider: z.string(), created_when: z.date(), last_used: z.date() })),
    },
    handle: async ({ context, actor }) => ({ status: 200, body: await ownIdentities(context, actor) }),
  }),
  route({
    method: "DELETE",
    path: "/api/account/identities/{provider}/",
    summary: "Log in with this identity provider no longer",
    access: "user",
    params,
    answer: { status: 204, description: "Removed" },
    async handle({ context, actor, params: { provider } }) {
      await removeIdentity(context, actor, provider);
      return { status: 204 };
    },
  }),
];

async function comeBack(context: Context, provider: Provider, event: APIGatewayProxyEventV2): Promise<Answer> {
  const { PUBLIC_URL } = context.environment;
  const pending = readPending(pendingOf(event, PUBLIC_URL));
  if (!pending || pending.provider !== provider.id)
    throw new Refusal(
      "invalid",
      "NO_SIGN_IN",
      "No sign-in was begun in this browser in the last ten minutes, or its cookies were refused. Begin again.",
    );
  const { identity, problem } = learnedOf(event);
  if (identity === undefined) throw refused(problem ?? "failed", provider);
  const token = await signIn(context, provider, identity, { state: pending.state, sender: senderOf(event) });
  const before = sessionOf(event);
  if (before !== undefined) await logOut(context, before);
  return {
    status: 302,
    headers: { location: localPath.parse(pending.next) },
    cookies: [
      sessionCookies.begin(PUBLIC_URL, token, sessionDays * 24 * 3600),
      newCsrfToken(PUBLIC_URL).cookie,
      pendingCookies.end(PUBLIC_URL),
    ],
  };
}
