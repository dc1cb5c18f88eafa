import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { repository, temporaryFolder } from "../support/files.ts";
import { extractReleaseBefore, hasReleaseBefore } from "../support/release-before.ts";
import { combinations } from "../unit/cdk/fixtures/combinations.ts";
import { Deployed } from "../unit/cdk/fixtures/deployed.ts";
import { withoutValidation } from "../unit/cdk/fixtures/without-validation.ts";

const execute = promisify(execFile);
const stateful = JSON.parse(
  readFileSync(join(repository, "test/unit/cdk/fixtures/stateful-logical-ids.json"), "utf8"),
) as Record<string, string>;
/** Types without which what has state could not be reached or used. */
const lasting =
  /^AWS::(RDS::.*|EC2::(VPC|Subnet|SecurityGroup|VPCEndpoint)|CloudFront::Distribution|ApiGatewayV2::Api|ECS::Cluster)$/;

type Options = (typeof combinations)[string];

/** A line of `cdk diff` about a resource that does not stay as it is. */
const line = /^\[[-~]\] (\S+) (?:.* )?(\S+) (replace|may be replaced|destroy|orphan)$/;

(hasReleaseBefore() ? describe : describe.skip)("an upgrade from the release before, by cdk diff", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const synthesized: Deployed[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    extractReleaseBefore(join(folder.path, "before"), [
      ".dockerignore",
      "bin",
      "lib",
      "lambdas",
      "contract",
      "worker-image",
      "cdk.json",
    ]);
  });
  afterAll(async () => {
    for (const one of synthesized) one.remove();
    await folder.remove();
  });

  it("replaces and deletes nothing that has state in a trial that is dark", async () => {
    const { before, now } = await synthesize("a trial that is dark");
    assert.deepEqual(await losses(before, now), []);
  });

  it("replaces and deletes nothing that has state in production with hosts, and would be seen to", async () => {
    const { before, now } = await synthesize("hosts with GPUs, on demand and spot", (options) => {
      // An option that the release before does not have.
      for (const hosts of Object.values(options.capacityProviders ?? {})) delete hosts.otherInstanceTypes;
    });
    assert.deepEqual(await losses(before, now), []);
    const file = join(now, "Benchstack.template.json");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll("DatabasePostgres277EF4CB", "DatabasePostgresNew"));
    assert.deepEqual(await losses(before, now), ["AWS::RDS::DBInstance DatabasePostgres277EF4CB destroy"]);
  });

  /** Synthesizes a combination of options with both releases. Gives the folders of their output. */
  async function synthesize(
    combination: string,
    change: (options: Options) => void = () => undefined,
  ): Promise<{ before: string; now: string }> {
    const options = structuredClone(combinations[combination]!);
    change(options);
    const cwd = join(folder.path, "before");
    const config = join(folder.path, "config.json");
    const before = join(folder.path, combination);
    writeFileSync(config, JSON.stringify(options));
    const { context } = JSON.parse(readFileSync(join(cwd, "cdk.json"), "utf8")) as { context: object };
    const CDK_CONTEXT_JSON = JSON.stringify({ ...context, config, "aws:cdk:bundling-stacks": [] });
    const env = { ...process.env, ...withoutValidation, CDK_OUTDIR: before, CDK_CONTEXT_JSON };
    await execute(process.execPath, ["bin/benchstack.ts"], { cwd, env });
    const deployed = Deployed.synthesize(options);
    synthesized.push(deployed);
    return { before, now: deployed.outdir };
  }

  /** What `cdk diff` says is destroyed or replaced, of what must not be. */
  async function losses(before: string, now: string): Promise<string[]> {
    const cdk = join(repository, "node_modules/aws-cdk/bin/cdk");
    const template = join(before, "Benchstack.template.json");
    const { stdout, stderr } = await execute(
      process.execPath,
      [cdk, "diff", "--app", now, "--template", template, "--no-color", "Benchstack"],
      { cwd: folder.path, maxBuffer: 2 ** 26 },
    );
    return (stdout + stderr).split("\n").flatMap((text) => {
      const [found, type = "", id = "", fate] = line.exec(text) ?? [];
      return found && (id in stateful || lasting.test(type)) ? [`${type} ${id} ${fate}`] : [];
    });
  }
});
