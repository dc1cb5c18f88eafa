import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as client from "openid-client";
import * as z from "zod";
import type { Learned } from "../../accounts/api/learned.ts";
import { endpointsOf, identityOf, scopeOf } from "../../accounts/rules/identity.ts";
import { readPending } from "../../accounts/rules/pending-sign-in.ts";
import { identityProvidersSchema, type IdentityProvider } from "../../accounts/rules/sign-in-options.ts";
import { errorAnswer } from "../../http/errors.ts";
import { pendingOf } from "../../http/cookies.ts";
import { headersOfAll } from "../../http/render.ts";
import { readEnvironment } from "../../kernel/environment.ts";
import { processLog } from "../../kernel/log.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { askInside } from "../ask-inside.ts";

/** How long what a provider or Secrets Manager said is used again. */
const keepMs = 5 * 60_000;
/** How long a provider has for one answer. */
const maxAnswerSeconds = 8;
/** How much the clocks of a provider and of this machine may differ. */
const clockToleranceSeconds = 30;

/**
 * Runs outside the VPC, where it reaches identity providers. It finds out what only they can tell: where to send a browser, and
 * who somebody is that they sent back. The function inside gets the request with that, and decides what follows from it.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { requestId } = event.requestContext;
  const log = processLog().with({ correlationId: requestId });
  try {
    const { ACCOUNTS_FUNCTION } = readEnvironment("signIn");
    const learned = await learn(event).catch((error: unknown): Learned => {
      // Not its text, which may quote what a provider sent.
      const { name, code, error: told } = error as { name: string; code?: unknown; error?: unknown };
      const reason = [name, code, told].filter((part) => typeof part === "string").join(" ");
      log.warn("identity.untold", { provider: event.rawPath.split("/")[3] ?? "", reason });
      return { problem: told === "access_denied" ? "denied" : "failed" };
    });
    const requestContext = { ...event.requestContext, authorizer: { lambda: learned } };
    return (await askInside(ACCOUNTS_FUNCTION, { ...event, requestContext })) as APIGatewayProxyStructuredResultV2;
  } catch (error) {
    log.error("request.failed", { method: event.requestContext.http.method, error });
    const refusal = new Refusal(
      "unavailable",
      "UNAVAILABLE",
      "Signing in does not work right now. Try again in a moment.",
    );
    const { status, body, headers } = errorAnswer(refusal, requestId, undefined);
    const always = { "content-type": "application/json", ...headersOfAll(requestId) };
    return { statusCode: status, headers: { ...always, ...headers }, body: JSON.stringify(body) };
  }
}

async function learn(event: APIGatewayProxyEventV2): Promise<Learned> {
  const { IDENTITY_PROVIDERS, PUBLIC_URL } = readEnvironment("signIn");
  const [, id, back] = /^\/accounts\/sign-in\/([a-z0-9-]+)(\/callback)?\/?$/.exec(event.rawPath) ?? [];
  const providers = identityProvidersSchema.parse(IDENTITY_PROVIDERS);
  if (id === undefined || event.requestContext.http.method !== "GET" || !Object.hasOwn(providers, id)) return {};
  const provider = providers[id]!;
  const callback = `${PUBLIC_URL}/accounts/sign-in/${id}/callback/`;
  if (back === undefined) {
    const parameters = { redirect_uri: callback, scope: scopeOf(provider) };
    const { href } = client.buildAuthorizationUrl(await knownProvider(id, provider), parameters);
    return { authorizationUrl: href, givesIdToken: endpointsOf(provider) === null };
  }
  const pending = readPending(pendingOf(event, PUBLIC_URL));
  // The function inside refuses it. A code is not even asked about in a browser that did not begin.
  if (pending?.provider !== id) return {};
  const currentUrl = new URL(`${callback}?${event.rawQueryString}`);
  return { identity: await identify(await knownProvider(id, provider), provider, currentUrl, pending) };
}

async function identify(
  config: client.Configuration,
  provider: IdentityProvider,
  currentUrl: URL,
  { state, nonce, codeVerifier }: { state: string; nonce: string; codeVerifier: string },
) {
  const endpoints = endpointsOf(provider);
  const tokens = await client.authorizationCodeGrant(config, currentUrl, {
    expectedState: state,
    pkceCodeVerifier: codeVerifier,
    ...(endpoints === null ? { expectedNonce: nonce, idTokenExpected: true } : {}),
  });
  if (endpoints === null) {
    const claims = tokens.claims()!;
    const more =
      config.serverMetadata().userinfo_endpoint === undefined
        ? {}
        : await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    return identityOf({ ...more, ...claims }, undefined, provider);
  }
  const read = async (url: string): Promise<unknown> => {
    const headers = new Headers({ accept: "application/json", "user-agent": "benchstack" });
    const answer = await client.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(url),
      "GET",
      undefined,
      headers,
    );
    if (!answer.ok) throw new Error("the provider did not tell who the person is");
    return answer.json();
  };
  const user = z.record(z.string(), z.unknown()).parse(await read(endpoints.userEndpoint));
  const emails = endpoints.emailsEndpoint === null ? undefined : await read(endpoints.emailsEndpoint);
  return identityOf(user, emails, provider);
}

const known = new Map<string, { until: number; config: Promise<client.Configuration> }>();

/** The addresses, keys and secret of a provider. What could not be found out is tried again. */
async function knownProvider(id: string, provider: IdentityProvider): Promise<client.Configuration> {
  const held = known.get(id);
  if (held && held.until > Date.now()) return held.config;
  const config = askProvider(id, provider);
  known.set(id, { until: Date.now() + keepMs, config });
  config.catch(() => known.delete(id));
  return config;
}

async function askProvider(id: string, provider: IdentityProvider): Promise<client.Configuration> {
  const endpoints = endpointsOf(provider);
  const first = new URL(endpoints?.authorizationEndpoint ?? (provider.kind === "oidc" ? provider.issuer : ""));
  const insecure = first.protocol === "http:" ? [client.allowInsecureRequests] : [];
  const server =
    endpoints === null
      ? (
          await client.discovery(first, provider.clientId, undefined, undefined, {
            execute: insecure,
            timeout: maxAnswerSeconds,
          })
        ).serverMetadata()
      : {
          issuer: first.origin,
          authorization_endpoint: endpoints.authorizationEndpoint,
          token_endpoint: endpoints.tokenEndpoint,
          token_endpoint_auth_methods_supported: ["client_secret_post"],
        };
  const secret = await secretOf(id);
  // The first is what OpenID Connect says if the provider does not.
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const authentication = methods.includes("client_secret_basic")
    ? client.ClientSecretBasic(secret)
    : client.ClientSecretPost(secret);
  const metadata = { client_secret: secret, [client.clockTolerance]: clockToleranceSeconds };
  const config = new client.Configuration(server, provider.clientId, metadata, authentication);
  config.timeout = maxAnswerSeconds;
  for (const allow of insecure) allow(config);
  return config;
}

/** The client secret of a provider, from the one secret that has them all. */
async function secretOf(id: string): Promise<string> {
  const { IDENTITY_SECRET } = readEnvironment("signIn");
  const { SecretString } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: IDENTITY_SECRET }),
  );
  const secrets = z.record(z.string(), z.string()).parse(JSON.parse(SecretString ?? "null"));
  if (!Object.hasOwn(secrets, id)) throw new Error("the secret has no entry for this provider");
  return secrets[id]!;
}
