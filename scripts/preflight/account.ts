/** Reads the facts about an account that the checks need. */
import { BudgetsClient, DescribeBudgetsCommand } from "@aws-sdk/client-budgets";
import { CloudFormationClient, paginateDescribeStacks, type Stack } from "@aws-sdk/client-cloudformation";
import {
  DescribeAvailabilityZonesCommand,
  EC2Client,
  paginateDescribeInstanceTypeOfferings,
} from "@aws-sdk/client-ec2";
import { GetRoleCommand, IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";
import { GetAccountCommand, GetEmailIdentityCommand, NotFoundException, SESv2Client } from "@aws-sdk/client-sesv2";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { typesOf } from "../../lib/capacity-options.ts";
import { type Deployment, mailIdentities } from "../../lib/deployment.ts";
import { quotaCodes, type AccountFacts } from "./checks.ts";

/** Reads the facts about the account and region in the settings of the AWS CLI. Changes nothing. */
export async function lookAtAccount(deployment: Deployment): Promise<AccountFacts> {
  const sts = new STSClient({});
  const { Account = "" } = await sts.send(new GetCallerIdentityCommand({}));
  const stacks = await allStacks();
  const existing = stacks.find(({ StackName }) => StackName === deployment.name);
  return {
    account: Account,
    region: await sts.config.region(),
    bootstrapVersion: bootstrapVersion(stacks, deployment.bootstrapQualifier),
    stack: existing
      ? { status: existing.StackStatus ?? "", isProtected: existing.EnableTerminationProtection ?? false }
      : null,
    budgetRefusal: deployment.budgetUsd === null ? null : await budgetRefusal(Account),
    hasEcsRole: await hasEcsRole(),
    quotas: await quotas(),
    offered: await offered(Object.values(deployment.capacityProviders).flatMap(typesOf)).catch(() => null),
    mail: deployment.mailFrom === null ? null : await mailFacts(deployment.mailFrom),
  };
}

async function allStacks(): Promise<Stack[]> {
  const found: Stack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: new CloudFormationClient({}) }, {}))
    found.push(...Stacks);
  return found;
}

/** The version of the CDK bootstrap stack, which is one of its outputs. */
function bootstrapVersion(stacks: Stack[], qualifier: string | null): number | null {
  for (const { Outputs = [], Parameters = [] } of stacks) {
    const version = Outputs.find(({ OutputKey }) => OutputKey === "BootstrapVersion")?.OutputValue;
    const its = Parameters.find(({ ParameterKey }) => ParameterKey === "Qualifier")?.ParameterValue;
    if (version !== undefined && its === (qualifier ?? "hnb659fds")) return Number(version);
  }
  return null;
}

/** Why AWS does not let this account have budgets; null if it does. */
async function budgetRefusal(AccountId: string): Promise<string | null> {
  try {
    await new BudgetsClient({}).send(new DescribeBudgetsCommand({ AccountId, MaxResults: 1 }));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function hasEcsRole(): Promise<boolean> {
  try {
    await new IAMClient({}).send(new GetRoleCommand({ RoleName: "AWSServiceRoleForECS" }));
    return true;
  } catch (error) {
    if (error instanceof NoSuchEntityException) return false;
    throw error;
  }
}

/** The facts about the identity of an address in SES: its own one, or else that of its domain. */
async function mailFacts(mailFrom: string): Promise<AccountFacts["mail"]> {
  const client = new SESv2Client({});
  const { ProductionAccessEnabled = false } = await client.send(new GetAccountCommand({}));
  const isInSandbox = !ProductionAccessEnabled;
  for (const EmailIdentity of mailIdentities(mailFrom)) {
    try {
      const { VerifiedForSendingStatus = false, ConfigurationSetName = null } = await client.send(
        new GetEmailIdentityCommand({ EmailIdentity }),
      );
      return { isVerified: VerifiedForSendingStatus, configurationSet: ConfigurationSetName, isInSandbox };
    } catch (error) {
      if (!(error instanceof NotFoundException)) throw error;
    }
  }
  return { isVerified: false, configurationSet: null, isInSandbox };
}

/** The network of hosts is in the first zones of the region. */
const zonesOfHosts = 2;

/** Those of some instance types that AWS offers in the zones in which hosts run. */
async function offered(types: string[]): Promise<AccountFacts["offered"]> {
  if (types.length === 0) return {};
  const client = new EC2Client({});
  const { AvailabilityZones = [] } = await client.send(
    new DescribeAvailabilityZonesCommand({ Filters: [{ Name: "zone-type", Values: ["availability-zone"] }] }),
  );
  const zones = AvailabilityZones.map(({ ZoneName = "" }) => ZoneName).sort();
  const found = Object.fromEntries(zones.slice(0, zonesOfHosts).map((zone): [string, string[]] => [zone, []]));
  const pages = paginateDescribeInstanceTypeOfferings(
    { client },
    { LocationType: "availability-zone", Filters: [{ Name: "instance-type", Values: [...new Set(types)] }] },
  );
  for await (const { InstanceTypeOfferings = [] } of pages)
    for (const { InstanceType = "", Location = "" } of InstanceTypeOfferings) found[Location]?.push(InstanceType);
  return found;
}

/** The quotas that can be read. Some regions do not have all of them, and reading them needs a permission. */
async function quotas(): Promise<Record<string, number>> {
  const client = new ServiceQuotasClient({});
  const found: Record<string, number> = {};
  for (const { service, code } of Object.values(quotaCodes)) {
    const answer = await client
      .send(new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code }))
      .catch(() => undefined);
    if (answer?.Quota?.Value !== undefined) found[code] = answer.Quota.Value;
  }
  return found;
}
