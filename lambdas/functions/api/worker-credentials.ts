import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import * as z from "zod";
import { readEnvironment } from "../../kernel/environment.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { errorAnswer } from "../../http/errors.ts";
import { headersOfAll } from "../../http/render.ts";
import { processLog } from "../../kernel/log.ts";
import { askInside } from "../ask-inside.ts";

const checked = z.object({ queue: z.url() });

/** The longest session that AWS allows when one role assumes another. */
const lentSeconds = 3600;

/**
 * Runs outside the VPC. Gives an organizer's own worker temporary credentials for its queue. The function inside the VPC
 * checks the token: it gets the request unchanged, and any answer other than 200 is passed on.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    const { WORKER_FUNCTION } = readEnvironment("credentials");
    const answer = (await askInside(WORKER_FUNCTION, event)) as APIGatewayProxyStructuredResultV2;
    if (answer.statusCode !== 200) return answer;
    const { queue } = checked.parse(JSON.parse(answer.body ?? "null"));
    return { ...answer, body: JSON.stringify(await lend(queue)) };
  } catch (error) {
    processLog().with({ correlationId: event.requestContext.requestId }).error("credentials.failed", { error });
    const refusal = new Refusal(
      "unavailable",
      "UNAVAILABLE",
      "Credentials for the queue cannot be made right now. Try again in a moment.",
    );
    const { requestId } = event.requestContext;
    const { status, body, headers } = errorAnswer(refusal, requestId, undefined);
    const always = { "content-type": "application/json", ...headersOfAll(requestId) };
    return { statusCode: status, headers: { ...always, ...headers }, body: JSON.stringify(body) };
  }
}

async function lend(queue: string) {
  const { QUEUE_ROLE_ARN, AWS_REGION: region } = readEnvironment("credentials");
  const [account, name] = new URL(queue).pathname.split("/").slice(-2);
  const [, partition] = QUEUE_ROLE_ARN.split(":");
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
        Resource: `arn:${partition}:sqs:${region}:${account}:${name}`,
      },
    ],
  });
  const { Credentials } = await new STSClient({}).send(
    // A session's name may have 64 characters; the last ones distinguish the queues.
    new AssumeRoleCommand({
      RoleArn: QUEUE_ROLE_ARN,
      RoleSessionName: name!.slice(-64),
      DurationSeconds: lentSeconds,
      Policy,
    }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials!;
  return {
    queue,
    region,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    expires: Expiration!.toISOString(),
  };
}
