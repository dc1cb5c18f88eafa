/**
 * `npm run cost`: prints the cost of the deployment in benchstack.config.json, per month without any use and for 1,000
 * submissions on each profile. `npm run cost -- FILE` reads another configuration.
 */
import { configurationOrExit } from "../lib/configuration.ts";
import { argumentsOrExit } from "./arguments.ts";
import { idleCost, total, type CostLine } from "./cost/idle.ts";
import { monthlyPrices } from "./cost/prices.ts";
import { canaryCost, submissionCost } from "./cost/submissions.ts";
import { synthesizeTemplate } from "./cost/synthesize.ts";

function print(title: string, lines: CostLine[]): void {
  console.log(`\n${title}\n`);
  for (const { what, usd } of [...lines].sort((a, b) => b.usd - a.usd))
    console.log(`${usd.toFixed(2).padStart(9)}  ${what}`);
  console.log(`${total(lines).toFixed(2).padStart(9)}  total`);
}

const usage = `Usage: npm run cost -- [FILE]
Prints what a deployment costs. FILE is its configuration, by default benchstack.config.json.`;
const deployment = configurationOrExit(argumentsOrExit(usage, {}, 1).positionals[0]);
console.log(`All prices in USD: list prices of ${monthlyPrices.region} of ${monthlyPrices.date}`);
print("One month without any use", [...idleCost(synthesizeTemplate(deployment)), ...canaryCost(deployment)]);
for (const name of Object.keys(deployment.profiles))
  print(`1,000 submissions with one step each on the profile ${name}`, submissionCost(deployment, name));
