/** The checks of `npm run preflight`. */
import { roles } from "../../lambdas/kernel/db/roles.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { typesOf } from "../../lib/capacity-options.ts";
import { instanceType, isOfG, isOfP } from "../../lib/instance-types.ts";

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
  /**
   * The instance types of hosts that AWS offers in each of the zones in which hosts run, by zone; null if it may not be asked.
   */
  offered: Record<string, string[]> | null;
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
  standardVcpus: { service: "ec2", code: "L-1216C47A" },
  standardSpotVcpus: { service: "ec2", code: "L-34B43A08" },
} as const;

/** New accounts have a lower limit of concurrent functions than this. */
const comfortableConcurrency = 100;

type QuotaName = keyof typeof quotaCodes;

/** AWS has a quota of vCPUs for each group of instance families, on demand and on Spot. */
const quotaOf = (type: string, spot: boolean): QuotaName =>
  isOfP(type)
    ? spot
      ? "largeGpuSpotVcpus"
      : "largeGpuVcpus"
    : isOfG(type)
      ? spot
        ? "gpuSpotVcpus"
        : "gpuVcpus"
      : spot
        ? "standardSpotVcpus"
        : "standardVcpus";

/** The vCPUs that the hosts of a deployment have together if all of them run, by quota, and their capacity providers. */
function neededVcpus({ capacityProviders }: Deployment): Map<QuotaName, { vcpus: number; providers: string[] }> {
  const needed = new Map<QuotaName, { vcpus: number; providers: string[] }>();
  for (const [name, hosts] of Object.entries(capacityProviders)) {
    const byQuota = Map.groupBy(typesOf(hosts), (type) => quotaOf(type, hosts.spot));
    for (const [quota, types] of byQuota) {
      const { vcpus, providers } = needed.get(quota) ?? { vcpus: 0, providers: [] };
      const largest = Math.max(...types.map((type) => instanceType(type)?.vcpus ?? 0));
      needed.set(quota, { vcpus: vcpus + hosts.max * largest, providers: [...providers, name] });
    }
  }
  return needed;
}

/** What AWS does not offer where the hosts of a deployment are to run, as sentences. */
function missingTypes({ offered, region }: AccountFacts, { capacityProviders }: Deployment): string[] {
  if (offered === null) return [];
  const zones = Object.entries(offered);
  return Object.entries(capacityProviders).flatMap(([name, hosts]) => {
    const types = typesOf(hosts);
    return zones.some(([, there]) => types.some((type) => there.includes(type)))
      ? []
      : [
          `AWS offers ${types.join(" and ")} in none of the zones of ${region} in which hosts run (${zones.map(([zone]) => zone).join(", ")}), so the capacity provider ${name} would never have one. Choose another instance type, or add otherInstanceTypes.`,
        ];
  });
}

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
  for (const sentence of missingTypes(facts, deployment)) error(sentence);
  for (const [name, { vcpus, providers }] of neededVcpus(deployment)) {
    const value = quota(name);
    if (value !== undefined && value < vcpus)
      error(
        `The quota ${quotaCodes[name].code} allows ${value} vCPUs, but the hosts of ${providers.join(" and ")} have ${vcpus} if all of them run. Lower max, or request a higher quota: ${raise(name)}`,
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
