import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { Login } from "./authorization.ts";

/** A login of ECR holds for twelve hours; it is renewed well before. */
const renewBeforeMs = 60 * 60_000;

/** The login of this account's ECR, by the role that this process has. */
export function ecrLogin(client = new ECRClient({})): Login {
  let known: { header: string; until: number } | null = null;
  return async () => {
    if (known && known.until > Date.now()) return known.header;
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
    const { authorizationToken, expiresAt } = authorizationData?.[0] ?? {};
    if (!authorizationToken || !expiresAt) throw new Error("ECR gave no login");
    known = { header: `Basic ${authorizationToken}`, until: expiresAt.getTime() - renewBeforeMs };
    return known.header;
  };
}
