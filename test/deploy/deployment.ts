import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import type * as z from "zod";
import type { deploymentSchema } from "../../lib/deployment.ts";
import { withoutValidation } from "../unit/cdk/fixtures/without-validation.ts";
import { agentImage } from "../support/ecs/agent-image.ts";
import { repository } from "../support/files.ts";
import type { InstitutionDatabase } from "./database.ts";
import { account, type Emulator, region } from "./emulator.ts";
import { withoutWhatIsLacking } from "./lacking.ts";

const execute = promisify(execFile);
const megabytes = 1024 ** 2;
type Outputs = Record<string, string>;

export const stackName = "Benchstack";
const timeLimitMs = 20 * 60_000;

/** The template of the platform in the output of a synthesis. */
export const templateIn = (output: string): string => join(output, `${stackName}.template.json`);

/** The CDK's own command line, as an institution uses it, on the emulator's account. */
export class Cdk {
  readonly #emulator: Emulator;
  readonly #folder: string;

  constructor(emulator: Emulator, folder: string) {
    this.#emulator = emulator;
    this.#folder = folder;
  }

  /** Throws what it printed when it fails. */
  async run(args: string[], more: Record<string, string> = {}, cwd = repository): Promise<void> {
    const program = join(repository, "node_modules/aws-cdk/bin/cdk");
    const { PATH = "", HOME = "/root" } = process.env;
    const environment = { PATH, HOME, ...withoutValidation, ...this.#emulator.environment, ...more };
    await execute(process.execPath, [program, ...args], {
      cwd,
      env: environment,
      timeout: timeLimitMs,
      maxBuffer: 64 * megabytes,
    }).catch((error: Error & { stdout: string; stderr: string; killed: boolean }) => {
      const why = error.killed ? `did not end within ${timeLimitMs / 60_000} minutes` : "failed";
      throw new Error(`cdk ${args.join(" ")} ${why}:\n${(error.stdout + error.stderr).slice(-8000)}`, { cause: error });
    });
  }

  bootstrap(): Promise<void> {
    // Where there is no app, none is asked for its environments.
    return this.run(["bootstrap", `aws://${account}/${region}`], {}, this.#folder);
  }

  /** Synthesizes the product's app in a folder with its sources, and takes out what the emulator lacks. */
  async synthesize(sources: string, configFile: string, output: string): Promise<void> {
    await this.run(["synth", "--quiet", "--output", output, "-c", `config=${configFile}`], {}, sources);
    await withoutWhatIsLacking(templateIn(output), this.#emulator.url);
  }

  async statusOf(stack: string): Promise<string | undefined> {
    const { url, environment } = this.#emulator;
    const credentials = {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    };
    const client = new CloudFormationClient({ endpoint: url, region, credentials });
    return (await client.send(new DescribeStacksCommand({ StackName: stack }))).Stacks?.[0]?.StackStatus;
  }

  /** Deploys an app, a command or a folder with what it synthesized, and gives the outputs of its stack. */
  async deploy(app: string, stack: string, more: Record<string, string> = {}): Promise<Outputs> {
    const file = join(this.#folder, `${stack}.outputs.json`);
    const output = join(this.#folder, `${stack}.cdk.out`);
    const quietly = ["--require-approval", "never", "--progress", "events"];
    await this.run(["deploy", "--app", app, "--output", output, ...quietly, "--outputs-file", file, stack], more);
    return (JSON.parse(await readFile(file, "utf8")) as Record<string, Outputs>)[stack]!;
  }
}

interface Prepared {
  config: z.input<typeof deploymentSchema>;
  configFile: string;
  /** The folder of what `cdk synth` wrote, without what the emulator lacks. */
  synthesized: string;
}

/** Deploys the platform as it is into a network and beside a database that were there before. */
export async function deployPlatform(
  cdk: Cdk,
  ...where: [{ database: InstitutionDatabase; folder: string }, z.input<typeof deploymentSchema>?]
): Promise<Prepared & { outputs: Outputs }> {
  const prepared = await preparePlatform(cdk, ...where);
  return { ...prepared, outputs: await cdk.deploy(prepared.synthesized, stackName) };
}

/** Makes that network, and synthesizes the product's app for it. What the emulator lacks is taken out. */
export async function preparePlatform(
  cdk: Cdk,
  { database, folder }: { database: InstitutionDatabase; folder: string },
  options: z.input<typeof deploymentSchema> = { isolation: "open", workerImage: agentImage },
): Promise<Prepared> {
  await cdk.bootstrap();
  const there = await cdk.deploy(`${process.execPath} test/deploy/institution.ts`, "Institution", {
    TEST_DATABASE_OWNER: JSON.stringify(database.owner),
  });
  const of = (name: string): string => there[name]!;
  const list = (name: string): string[] => of(name).split(",");
  const config: z.input<typeof deploymentSchema> = {
    name: stackName,
    mode: "trial",
    ...options,
    existingVpc: {
      vpcId: of("vpcId"),
      availabilityZones: list("availabilityZones"),
      publicSubnetIds: list("publicSubnetIds"),
      insideSubnetIds: list("insideSubnetIds"),
      insideRouteTableIds: list("insideRouteTableIds"),
      hasEndpoints: false,
    },
    existingDatabase: {
      host: database.host,
      port: database.port,
      name: database.name,
      resourceId: "db-ABCDEFGHIJKL0123456789",
      securityGroupId: of("securityGroupId"),
      ownerSecretArn: of("ownerSecretArn"),
    },
  };
  const configFile = join(folder, "benchstack.config.json");
  await writeFile(configFile, JSON.stringify(config));
  const synthesized = join(folder, "cdk.out");
  await cdk.synthesize(repository, configFile, synthesized);
  return { config, configFile, synthesized };
}
