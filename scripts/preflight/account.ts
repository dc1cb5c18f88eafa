import { CloudFormationClient, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { GetRoleCommand, IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";
import { GetAccountCommand, GetEmailIdentityCommand, NotFoundException, SESv2Client } from "@aws-sdk/client-sesv2";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type Deployment, mailIdentities } from "../../lib/deployment.ts";
import { quotaCodes, type AccountFacts } from "./checks.ts";

/** Looks at the account and region that the AWS CLI's own settings name. Changes nothing. */
export async function lookAtAccount(deployment: Deployment): Promise<AccountFacts> {
  const sts = new STSClient({});
  const { Account = "" } = await sts.send(new GetCallerIdentityCommand({}));
  return {
    account: Account,
    region: await sts.config.region(),
    bootstrapVersion: await bootstrapVersion(deployment.bootstrapQualifier),
    hasEcsRole: await hasEcsRole(),
    quotas: await quotas(),
    mail: deployment.mailFrom === null ? null : await mailFacts(deployment.mailFrom),
  };
}

/** The bootstrap stack of CDK has its version among its outputs. */
async function bootstrapVersion(qualifier: string | null): Promise<number | null> {
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: new CloudFormationClient({}) }, {}))
    for (const { Outputs = [], Parameters = [] } of Stacks) {
      const version = Outputs.find(({ OutputKey }) => OutputKey === "BootstrapVersion")?.OutputValue;
      const its = Parameters.find(({ ParameterKey }) => ParameterKey === "Qualifier")?.ParameterValue;
      if (version !== undefined && its === (qualifier ?? "hnb659fds")) return Number(version);
    }
  return null;
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

/** An address that has an identity of its own is sent from by that, and else by its domain's. */
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

/** Quotas that can be read: not every region has every one, and not everybody who may deploy may read them. */
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
