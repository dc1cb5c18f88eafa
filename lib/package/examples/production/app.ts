// Production: a host name of your own, mail, tags and permissions of your institution. There is no single sign-on yet;
// with `signUp: false`, administrators create the accounts.
import { App, CfnOutput, Stack, Tags } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import { Benchstack, type BenchstackProps } from "benchstack-cdk";

const account = "123456789012";

const props: BenchstackProps = {
  mode: "production",
  signUp: false,
  maxStepSeconds: 3600,
  // Published before with `npm run publish:worker`, so that deploying needs no Docker.
  workerImage: `${account}.dkr.ecr.eu-central-1.amazonaws.com/benchstack-worker:0.1.0`,
  domain: {
    name: "bench.example.org",
    certificateArn: `arn:aws:acm:us-east-1:${account}:certificate/00000000-0000-0000-0000-000000000000`,
    hostedZone: { id: "Z0123456789ABCDEFGHIJ", name: "example.org" },
  },
  mail: "operations@example.org",
  mailFrom: "bench@example.org",
  budgetUsd: 250,
};

const stack = new Stack(new App(), "Bench", {
  env: { account, region: "eu-central-1" },
  terminationProtection: true,
});
Tags.of(stack).add("cost-center", "4711", { excludeResourceTypes: ["AWS::CloudWatch::Dashboard"] });
const boundary = iam.ManagedPolicy.fromManagedPolicyName(stack, "Boundary", "institution-boundary");
iam.PermissionsBoundary.of(stack).apply(boundary);

const bench = new Benchstack(stack, "Bench", props);
new CfnOutput(stack, "Url", { value: bench.url });
new CfnOutput(stack, "AdminSecret", { value: bench.adminSecret.secretArn });
