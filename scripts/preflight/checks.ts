/** The checks of `npm run preflight`. */
import { roles } from "../../lambdas/kernel/db/roles.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { hasNvidiaGpu, isOfP } from "../../lib/instance-types.ts";

/** The facts about an account that matter for a deployment. */
export interface AccountFacts {
  account: string;
  region: string;
  /** The version of the CDK bootstrap; null if there is none with the qualifier of the deployment. */
  bootstrapVersion: number | null;
  /** The stack of the deployment; null if there is none. */
  stack: { status: string; isProtected: boolean } | null;
  /** Why AWS does not let the account have budgets; null if it does, or if the deployment has none. */
  budgetRefusal: string | null;
  /** Whether the service-linked role of ECS exists. */
  hasEcsRole: boolean;
  /** The quotas by their codes, without those that could not be read. */
  quotas: Record<string, number>;
  /** The sender of mail in SES; null if no mail is sent. */
  mail: { isVerified: boolean; configurationSet: string | null; isInSandbox: boolean } | null;
}

export interface Problem {
  /** With an error, the deploy or every step would fail. */
  severity: "error" | "warning";
  /** The problem and its solution. */
  sentence: string;
}

/** The version of the bootstrap that our templates need. */
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

/** New accounts have a lower limit of concurrent functions than this. */
const comfortableConcurrency = 100;

/** The problems of an account for a deployment, errors first. */
export function problemsOf(facts: AccountFacts, deployment: Deployment): Problem[] {
  const problems: Problem[] = [];
  const error = (sentence: string) => problems.push({ severity: "error", sentence });
  const warning = (sentence: string) => problems.push({ severity: "warning", sentence });
  const quota = (name: keyof typeof quotaCodes) => facts.quotas[quotaCodes[name].code];
  const raise = (name: keyof typeof quotaCodes) =>
    `aws service-quotas request-service-quota-increase --service-code ${quotaCodes[name].service} --quota-code ${quotaCodes[name].code} --desired-value N`;

  if (facts.bootstrapVersion === null)
    error(
      `The account has no CDK bootstrap in ${facts.region}. Run: npx cdk bootstrap aws://${facts.account}/${facts.region}`,
    );
  else if (facts.bootstrapVersion < neededBootstrap)
    error(
      `The CDK bootstrap has version ${facts.bootstrapVersion}, but version ${neededBootstrap} is needed. Run: npx cdk bootstrap aws://${facts.account}/${facts.region}`,
    );
  // The CDK protects a stack of production before its first deploy, and deletes a failed one before the next deploy.
  if (facts.stack && /^ROLLBACK_(COMPLETE|FAILED)$/.test(facts.stack.status) && facts.stack.isProtected)
    error(
      `The first deploy of ${deployment.name} failed, and the next one cannot delete its remains, because the stack is protected. Run: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${deployment.name}`,
    );
  if (!facts.hasEcsRole)
    error(
      "ECS was never used in this account, so its service-linked role is missing and the first service would fail. Run: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
    );

  const wanted = Math.max(...Object.values(deployment.profiles).map(({ cpu }) => cpu / 1024));
  const needsSpot = Object.values(deployment.profiles).some(({ capacity }) => capacity === "FARGATE_SPOT");
  for (const name of needsSpot ? (["fargateVcpus", "fargateSpotVcpus"] as const) : (["fargateVcpus"] as const)) {
    const value = quota(name);
    if (value !== undefined && value < wanted + 1)
      error(
        `The quota ${quotaCodes[name].code} allows ${value} vCPUs on Fargate, but the largest profile and a worker need ${wanted + 1}. Request a higher quota: ${raise(name)}`,
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
    // The smallest GPU instances have four vCPUs.
    if ((quota(which) ?? 4) < 4)
      error(
        `The capacity provider ${name} needs GPU instances, but the quota ${quotaCodes[which].code} allows ${quota(which)} vCPUs of them. Request a higher quota: ${raise(which)}`,
      );
  }
  const concurrency = quota("lambdaConcurrency");
  const leftForOthers = 100;
  if (
    deployment.workers.ownFunctions &&
    concurrency !== undefined &&
    concurrency < leftForOthers + roles.benchstack_worker
  )
    error(
      `workers.ownFunctions keeps ${roles.benchstack_worker} of the ${concurrency} executions of functions in this account, and AWS wants to leave ${leftForOthers} to others. Set it to false, or request a higher quota: ${raise("lambdaConcurrency")}`,
    );
  else if (concurrency !== undefined && concurrency < comfortableConcurrency)
    warning(
      `Only ${concurrency} functions may run at the same time; further requests get a 503. Request a quota of ${comfortableConcurrency} or more: ${raise("lambdaConcurrency")}`,
    );
  if (Object.keys(facts.quotas).length === 0)
    warning(
      "No quota could be read, so quotas are not checked. Reading them needs the permission servicequotas:GetServiceQuota.",
    );
  if (facts.budgetRefusal !== null)
    warning(
      `The account may not have budgets: ${facts.budgetRefusal.replace(/[\s.]+$/, "")}. The deploy goes on without one. Ask whoever has the management account of your organization to allow budgets, or set budgetUsd to null.`,
    );
  const { mailFrom } = deployment;
  if (mailFrom !== null && facts.mail) {
    const { isVerified, configurationSet, isInSandbox } = facts.mail;
    if (!isVerified)
      error(
        `SES may not send from ${mailFrom} in ${facts.region}. Verify the address or its domain: aws sesv2 create-email-identity --email-identity ${mailFrom}`,
      );
    if (configurationSet !== null)
      error(
        `The identity of ${mailFrom} has the default configuration set ${configurationSet}, which the mailer may not use. Remove it from the identity in the SES console.`,
      );
    if (isInSandbox)
      warning(
        "The account is in the SES sandbox, so participants receive no mail. Request production access: aws sesv2 put-account-details --production-access-enabled",
      );
  }
  if (deployment.mail === null) warning("Nobody receives alarms: set mail in benchstack.config.json.");
  return problems.sort((a, b) => a.severity.localeCompare(b.severity));
}
