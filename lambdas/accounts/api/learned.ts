import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { identitySchema } from "../rules/identity.ts";

const learnedSchema = z.object({
  /** The provider's page for people, without what binds an answer to a browser. */
  authorizationUrl: z.url().optional(),
  /** Whether the provider is asked for an ID token, which repeats a nonce. */
  givesIdToken: z.boolean().default(false),
  identity: identitySchema.optional(),
  /** Why the provider told nothing: the person did not want to sign in there, or something went wrong. */
  problem: z.enum(["denied", "failed"]).optional(),
});
export type Learned = z.input<typeof learnedSchema>;

/**
 * What the function outside the VPC learned from an identity provider. It stands where API Gateway puts what an authorizer says:
 * a request over HTTP can write nothing there, and this API has no authorizer.
 */
export const learnedOf = ({ requestContext }: APIGatewayProxyEventV2): z.output<typeof learnedSchema> =>
  learnedSchema.parse((requestContext as { authorizer?: { lambda?: unknown } }).authorizer?.lambda ?? {});
