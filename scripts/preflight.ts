/**
 * `npm run preflight`: checks the account and region of the AWS CLI, and prints each problem of a deploy with its
 * solution. The exit code is 1 if the deployment would not work. `npm run preflight -- FILE` reads another
 * configuration.
 */
import { configurationOrExit } from "../lib/configuration.ts";
import { argumentsOrExit } from "./arguments.ts";
import { lookAtAccount } from "./preflight/account.ts";
import { problemsOf } from "./preflight/checks.ts";

const usage = `Usage: npm run preflight -- [FILE]
Checks the account and region of the AWS CLI for a deploy, and changes nothing. FILE is the configuration, by default benchstack.config.json.`;
const [file] = argumentsOrExit(usage, {}, 1).positionals;

try {
  const deployment = configurationOrExit(file);
  const facts = await lookAtAccount(deployment);
  console.log(`Account ${facts.account}, region ${facts.region}`);
  const problems = problemsOf(facts, deployment);
  for (const { severity, sentence } of problems) console.log(`${severity}: ${sentence}`);
  if (problems.length === 0) console.log("No problems found.");
  if (problems.some(({ severity }) => severity === "error")) process.exitCode = 1;
} catch (error) {
  console.error(`The account could not be checked: ${(error as Error).message}`);
  console.error("Set AWS_REGION and credentials. `aws sts get-caller-identity` shows whether they work.");
  process.exitCode = 1;
}
