import type { Deployment } from "../../lib/deployment.ts";
import { hasNvidiaGpu, isOfP } from "../../lib/instance-types.ts";

/** What an account has, as far as a deployment depends on it. */
export interface AccountFacts {
  account: string;
  region: string;
  /** Version of the CDK bootstrap, or null if there is none under the deployment's qualifier. */
  bootstrapVersion: number | null;
  /** Whether the role exists with which ECS works in the account. */
  hasEcsRole: boolean;
  /** Quotas by their codes; one that the service does not tell is not here. */
  quotas: Record<string, number>;
  /** What SES says of the address that mail comes from; null where none is sent. */
  mail: { isVerified: boolean; configurationSet: string | null; isInSandbox: boolean } | null;
}

export interface Problem {
  /** An error keeps the deploy or every step from working. */
  severity: "error" | "warning";
  /** What is wrong, and what to do. */
  sentence: string;
}

/** The bootstrap that the library's templates ask for. */
const neededBootstrap = 6;

export const quotaCodes = {
  fargateVcpus: { service: "fargate", code: "L-3032A538" },
  fargateSpotVcpus: { service: "fargate", code: "L-36FBB829" },
  lambdaConcurrency: { service: "lambda", code: "L-B99A9384" },
  gpuVcpus: { service: "ec2", code: "L-DB2E81BA" },
  gpuSpotVcpus: { service: "ec2", code: "L-3819A6DF" },
  largeGpuVcpus: { service: "ec2", code: "L-417A185B" },
  largeGpuSpotVcpus: { service: "ec2", code: "L-7212CCBC" },
} as const;

/** Fewer than this run at once in an account that was never given more. */
const comfortableConcurrency = 100;

/** What is missing in an account for a deployment, worst first. */
export function problemsOf(facts: AccountFacts, deployment: Deployment): Problem[] {
  const problems: Problem[] = [];
  const error = (sentence: string) => problems.push({ severity: "error", sentence });
  const warning = (sentence: string) => problems.push({ severity: "warning", sentence });
  const quota = (name: keyof typeof quotaCodes) => facts.quotas[quotaCodes[name].code];
  const raise = (name: keyof typeof quotaCodes) =>
    `aws service-quotas request-service-quota-increase --service-code ${quotaCodes[name].service} --quota-code ${quotaCodes[name].code} --desired-value N`;

  if (facts.bootstrapVersion === null)
    error(
      `The account is not bootstrapped in ${facts.region}. Run: npx cdk bootstrap aws://${facts.account}/${facts.region}`,
    );
  else if (facts.bootstrapVersion < neededBootstrap)
    error(
      `The bootstrap has version ${facts.bootstrapVersion}, and ${neededBootstrap} is needed. Run: npx cdk bootstrap aws://${facts.account}/${facts.region}`,
    );
  if (!facts.hasEcsRole)
    error(
      "ECS was never used in this account, and its first service would fail. Run: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
    );

  const wanted = Math.max(...Object.values(deployment.profiles).map(({ cpu }) => cpu / 1024));
  const needsSpot = Object.values(deployment.profiles).some(({ capacity }) => capacity === "FARGATE_SPOT");
  for (const name of needsSpot ? (["fargateVcpus", "fargateSpotVcpus"] as const) : (["fargateVcpus"] as const)) {
    const value = quota(name);
    if (value !== undefined && value < wanted + 1)
      error(
        `The quota ${quotaCodes[name].code} lets ${value} vCPUs run on Fargate; the largest profile and a worker take ${wanted + 1}. Ask for more: ${raise(name)}`,
      );
  }
  for (const [name, { spot, instanceType }] of Object.entries(deployment.capacityProviders)) {
    if (!hasNvidiaGpu(instanceType)) continue;
    const which = isOfP(instanceType)
      ? spot
        ? "largeGpuSpotVcpus"
        : "largeGpuVcpus"
      : spot
        ? "gpuSpotVcpus"
        : "gpuVcpus";
    // The smallest have four.
    if ((quota(which) ?? 4) < 4)
      error(
        `The capacity provider ${name} needs GPU instances, of which the quota ${quotaCodes[which].code} lets ${quota(which)} vCPUs run. Ask for more: ${raise(which)}`,
      );
  }
  const concurrency = quota("lambdaConcurrency");
  if (concurrency !== undefined && concurrency < comfortableConcurrency)
    warning(
      `Only ${concurrency} functions may run at once; others are told 503. Ask for ${comfortableConcurrency} or more: ${raise("lambdaConcurrency")}`,
    );
  if (Object.keys(facts.quotas).length === 0)
    warning(
      "No quota could be read, so they are not checked: that takes the permission servicequotas:GetServiceQuota.",
    );
  const { mailFrom } = deployment;
  if (mailFrom !== null && facts.mail) {
    const { isVerified, configurationSet, isInSandbox } = facts.mail;
    if (!isVerified)
      error(
        `SES may not send from ${mailFrom} in ${facts.region}. Verify it or its domain: aws sesv2 create-email-identity --email-identity ${mailFrom}`,
      );
    if (configurationSet !== null)
      error(
        `The identity of ${mailFrom} has the default configuration set ${configurationSet}, which the mailer may not use. Take it off the identity in the SES console.`,
      );
    if (isInSandbox)
      warning(
        "The account is in SES's sandbox, so no mail reaches participants. Ask to be let out: aws sesv2 put-account-details --production-access-enabled",
      );
  }
  if (deployment.mail === null) warning("Nobody is told of alarms: set mail in benchstack.config.json.");
  return problems.sort((a, b) => a.severity.localeCompare(b.severity));
}
