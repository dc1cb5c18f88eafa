import { Duration } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Entry } from "./function-bundles.ts";
import { PlatformFunction } from "./function.ts";
import type { Foundation } from "./inside-function.ts";

export interface SignInProps {
  entry: Entry;
  description: string;
  /** The function inside that knows the accounts. */
  asks: lambda.IFunction;
  foundation: Foundation;
}

/**
 * Signs people in with identity providers: a function outside the VPC, because functions inside reach no provider. It may read the
 * secret with the client secrets, and nothing else.
 */
export class SignIn extends Construct {
  readonly handler: PlatformFunction;

  constructor(scope: Construct, id: string, { entry, description, asks, foundation }: SignInProps) {
    super(scope, id);
    const { identityProviders, identitySecretArn } = foundation.deployment;
    this.handler = new PlatformFunction(this, "Function", {
      entry,
      description,
      // An HTTP API waits for at most 30 s.
      timeout: Duration.seconds(29),
      memorySize: 256,
      kind: "signIn",
      environment: {
        ACCOUNTS_FUNCTION: asks.functionName,
        IDENTITY_PROVIDERS: JSON.stringify(identityProviders),
        IDENTITY_SECRET: identitySecretArn ?? undefined,
        PUBLIC_URL: foundation.publicUrl,
      },
    });
    if (identitySecretArn !== null)
      iam.Grant.addToPrincipal({
        grantee: this.handler,
        actions: ["secretsmanager:GetSecretValue"],
        resourceArns: [identitySecretArn],
      });
    asks.grantInvoke(this.handler);
  }
}
