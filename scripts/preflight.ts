/**
 * Looks at the account and region that the AWS CLI uses and says what a deploy would stumble over, with what to do. Ends
 * with 1 if something keeps the deployment from working. `npm run preflight -- FILE` reads another config.
 */
import { readDeployment } from "../lib/deployment.ts";
import { lookAtAccount } from "./preflight/account.ts";
import { problemsOf } from "./preflight/checks.ts";

try {
  const deployment = readDeployment(process.argv[2]);
  const facts = await lookAtAccount(deployment);
  console.log(`Account ${facts.account}, region ${facts.region}`);
  const problems = problemsOf(facts, deployment);
  for (const { severity, sentence } of problems) console.log(`${severity}: ${sentence}`);
  if (problems.length === 0) console.log("Nothing is in the way.");
  if (problems.some(({ severity }) => severity === "error")) process.exitCode = 1;
} catch (error) {
  console.error(`The account could not be looked at: ${(error as Error).message}`);
  console.error("Is AWS_REGION set, and are there credentials? `aws sts get-caller-identity` shows them.");
  process.exitCode = 1;
}
