/**
 * `npm run prove -- --account ID`: shows in a real account what no emulator can (docs/first-real-deploy.md). It deploys a
 * trial, uses it, updates it and destroys it, which takes about an hour and costs less than a dollar, and writes a report.
 * The exit code is 0 when every point holds, 1 when one does not, and 2 for wrong usage.
 *
 *     --account ID    the account in which it may do that; it refuses any other
 *     --config FILE   options that differ from their defaults. `mode` must be "trial"
 *     --app FOLDER    deploys what `cdk synth` wrote, instead of synthesizing
 *     --report FILE   where the report is written, proof.md by default
 *
 * BENCHSTACK_IMAGE and BENCHSTACK_PATIENCE are those of `npm run smoke`.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CloudFormationClient, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { BadConfiguration, parseDeployment } from "../lib/deployment.ts";
import { fromRoot } from "../lib/root.ts";
import { argumentsOrExit } from "./arguments.ts";
import { points, type Proof } from "./prove/points.ts";
import { reportOf } from "./prove/report.ts";
import { tryPoints } from "./prove/try-points.ts";

/** Ends the command, before anything was changed. */
const refuse = (sentence: string, exitCode = 1): never => {
  console.error(sentence);
  process.exit(exitCode);
};

const usage = "Usage: npm run prove -- --account ID [--config FILE] [--app FOLDER] [--report FILE]";
const text = { type: "string" } as const;
const { values } = argumentsOrExit(usage, { account: text, config: text, app: text, report: text }, 0);
const { account = "", config: configFile, app, report = "proof.md" } = values;
if (!/^\d{12}$/.test(account)) refuse(`--account must be the 12 digits of an account.\n${usage}`, 2);

const given = configFile === undefined ? {} : await readJson(configFile);
const options = { name: "BenchstackProof", mode: "trial", ...given };
let deployment;
try {
  deployment = parseDeployment(options);
} catch (error) {
  if (!(error instanceof BadConfiguration)) throw error;
  refuse(error.message);
}
if (deployment!.mode !== "trial")
  refuse('The proof destroys what it deploys. Set `mode` to "trial", or leave it out. Nothing was changed.');

const sts = new STSClient({});
const identity = await sts
  .send(new GetCallerIdentityCommand({}))
  .catch((error: Error) =>
    refuse(
      `AWS does not know you: ${error.message}\nSet AWS_REGION and credentials. \`aws sts get-caller-identity\` shows whether they work. Nothing was changed.`,
    ),
  );
if (identity.Account !== account)
  refuse(`Your credentials are for the account ${identity.Account}, not ${account}. Nothing was changed.`);
const region = await sts.config.region();
for await (const { Stacks = [] } of paginateDescribeStacks({ client: new CloudFormationClient({}) }, {}))
  if (Stacks.some(({ StackName }) => StackName === deployment!.name))
    refuse(
      `There is a stack ${deployment!.name} already. The proof would destroy it. Give another \`name\`. Nothing was changed.`,
    );

const folder = await mkdtemp(join(tmpdir(), "benchstack-prove-"));
try {
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify(options));
  const proof: Proof = {
    deployment: deployment!,
    folder,
    patienceMs: 1000 * Number(process.env["BENCHSTACK_PATIENCE"] ?? 1200),
    image: process.env["BENCHSTACK_IMAGE"],
    cdk: async (command, ...args) => {
      const source = app === undefined ? ["-c", `config=${file}`, ...args] : ["--app", app];
      const quietly = command === "deploy" ? ["--require-approval", "never", "--progress", "events"] : ["--force"];
      const cdk = fromRoot("node_modules/aws-cdk/bin/cdk");
      await promisify(execFile)(process.execPath, [cdk, command, ...source, ...quietly, deployment!.name], {
        cwd: fromRoot("."),
        maxBuffer: 2 ** 26,
      }).catch((error: Error & { stdout: string; stderr: string }) => {
        const printed = (error.stdout + error.stderr).split("\n").filter((line) => !/^\s*at /.test(line));
        throw new Error(`cdk ${command} failed: ${printed.join("\n").slice(-1200)}`, { cause: error });
      });
    },
  };
  console.log(`Account ${account}, region ${region}, stack ${deployment!.name}. This takes about an hour.`);
  const outcomes = await tryPoints(points, proof, ({ id, shows, result, detail }) =>
    console.log(`${id} ${result}: ${shows}\n${detail.replaceAll(/^/gm, "    ")}`),
  );
  const { version } = JSON.parse(await readFile(fromRoot("package.json"), "utf8")) as { version: string };
  const date = new Date().toISOString().slice(0, 10);
  await writeFile(report, reportOf({ version, region, account, options: Object.keys(given), date }, outcomes));
  console.log(`\nThe report is in ${report}. Paste it into an issue.`);
  process.exitCode = outcomes.every(({ result }) => result === "holds") ? 0 : 1;
} finally {
  await rm(folder, { recursive: true });
}

async function readJson(file: string): Promise<object> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as object;
  } catch (error) {
    return refuse(`${file} cannot be read: ${(error as Error).message}`);
  }
}
