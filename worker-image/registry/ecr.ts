import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { Login } from "./authorization.ts";

/** An ECR login is valid for twelve hours and is renewed this long before its end. */
const renewBeforeMs = 60 * 60_000;

/** Login to ECR of this AWS account, with the role of this process. */
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
