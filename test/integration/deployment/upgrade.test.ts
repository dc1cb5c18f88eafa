import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { repository, temporaryFolder } from "../../support/files.ts";
import { extractReleaseBefore, hasReleaseBefore } from "../../support/release-before.ts";
import { combinations } from "../../unit/cdk/fixtures/combinations.ts";

const execute = promisify(execFile);
const stateful = JSON.parse(
  readFileSync(join(repository, "test/unit/cdk/fixtures/stateful-logical-ids.json"), "utf8"),
) as Record<string, string>;
/** Types without which what has state could not be reached or used. */
const lasting = /^AWS::(RDS::.*|EC2::(VPC|Subnet|SecurityGroup|VPCEndpoint)|CloudFront::Distribution|ApiGatewayV2::Api|ECS::Cluster)$/;

/** A line of `cdk diff` about a resource that does not stay as it is. */
const line = /^\[[-~]\] (\S+) (?:.* )?(\S+) (replace|may be replaced|destroy|orphan)$/;

(hasReleaseBefore() ? describe : describe.skip)("an upgrade from the release before, by cdk diff", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    extractReleaseBefore(join(folder.path, "before"), ["bin", "lib", "lambdas", "contract", "worker-image", "cdk.json"]);
  });
  afterAll(() => folder.remove());

  const options = ["a trial that is dark", "hosts with GPUs, on demand and spot"];

  it.each(options)("replaces and deletes nothing that has state in %s", async (combination) => {
    const before = await synthesize(join(folder.path, "before"), combination);
    const now = await synthesize(repository, combination);
    assert.deepEqual(await losses(before, now), []);
  });

  it("would be seen to lose the database", async () => {
    const before = await synthesize(join(folder.path, "before"), options[1]!);
    const now = join(folder.path, "lost");
    cpSync(await synthesize(repository, options[1]!), now, { recursive: true });
    const file = join(now, "Benchstack.template.json");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll("DatabasePostgres277EF4CB", "DatabasePostgresNew"));
    assert.deepEqual(await losses(before, now), ["AWS::RDS::DBInstance DatabasePostgres277EF4CB destroy"]);
  });

  /** Synthesizes the app in a folder of sources, without building what it uploads. Gives the folder of its output. */
  async function synthesize(sources: string, combination: string): Promise<string> {
    const config = join(folder.path, "config.json");
    writeFileSync(config, JSON.stringify(combinations[combination]));
    const { context } = JSON.parse(readFileSync(join(sources, "cdk.json"), "utf8")) as { context: object };
    const output = join(folder.path, `${sources === repository ? "now" : "before"} ${options.indexOf(combination)}`);
    if (existsSync(output)) return output;
    await execute(process.execPath, ["bin/benchstack.ts"], {
      cwd: sources,
      env: {
        ...process.env,
        CDK_OUTDIR: output,
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, config, "aws:cdk:bundling-stacks": [] }),
      },
    });
    return output;
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
