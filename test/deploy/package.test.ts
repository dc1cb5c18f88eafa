import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { App } from "aws-cdk-lib";
import type { BenchstackStack } from "../../lib/index.ts";
import type { Template } from "../../lib/rules/template.ts";
import { buildPackage } from "../../scripts/package/build.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { combinations } from "../unit/cdk/fixtures/combinations.ts";
import { templateOf } from "../unit/cdk/fixtures/synthesized.ts";
import { withoutValidation } from "../unit/cdk/fixtures/without-validation.ts";

const execute = promisify(execFile);
const ours = (path: string) => join(repository, "node_modules", path);

interface Asset {
  source: { path?: string; directory?: string; dockerFile?: string };
}

/** Runs a program with the Node.js of this process. */
const run = async (program: string, args: string[], cwd: string): Promise<string> => {
  const env = {
    ...process.env,
    ...withoutValidation,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  };
  const { stdout, stderr } = await execute(program, args, { cwd, env, maxBuffer: 2 ** 26 }).catch(
    (error: Error & { stdout: string; stderr: string }) => {
      throw new Error(`${program} ${args.join(" ")} failed:\n${error.stdout}${error.stderr}`, { cause: error });
    },
  );
  return stdout + stderr;
};

describe("the construct library, packed", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let tarball: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const built = join(folder.path, "package");
    await buildPackage(built);
    await run("npm", ["pack", "--silent", built, "--pack-destination", folder.path], folder.path);
    tarball = join(
      folder.path,
      readdirSync(folder.path).find((name) => name.endsWith(".tgz"))!,
    );
  });
  afterAll(() => folder.remove());

  /** An empty folder in which the packed library is installed beside the CDK. */
  async function install(name: string): Promise<string> {
    const clean = join(folder.path, "users", name);
    cpSync(join(folder.path, "package/examples", name), clean, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(clean, "package.json"), "utf8")) as { dependencies: object };
    assert.deepEqual(Object.keys(manifest.dependencies), ["aws-cdk-lib", "benchstack-cdk", "constructs"]);
    const dependencies = Object.fromEntries(
      ["aws-cdk-lib", "constructs", "@types/node"].map((one) => [one, `file:${ours(one)}`]),
    );
    Object.assign(manifest, { dependencies: { ...dependencies, "benchstack-cdk": `file:${tarball}` } });
    writeFileSync(join(clean, "package.json"), JSON.stringify(manifest));
    // What the CDK would ask the account of an app that names one.
    const zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
    const known = { "availability-zones:account=123456789012:region=eu-central-1": zones };
    writeFileSync(join(clean, "cdk.context.json"), JSON.stringify(known));
    await run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"], clean);
    return clean;
  }

  it.each([
    ["trial", "BenchTrial"],
    ["production", "Bench"],
    ["gpu-lab", "GpuLab"],
  ])("is installed in a clean folder and synthesizes the example %s with all it uploads", async (example, stack) => {
    const clean = await install(example);
    await run(process.execPath, [ours("aws-cdk/bin/cdk"), "synth", "--quiet"], clean);
    const output = join(clean, "cdk.out");
    const read = <Value>(name: string) => JSON.parse(readFileSync(join(output, name), "utf8")) as Value;
    const template = read<Template>(`${stack}.template.json`);
    const { files, dockerImages } = read<{ files: Record<string, Asset>; dockerImages: Record<string, Asset> }>(
      `${stack}.assets.json`,
    );
    const resources = Object.entries(template.Resources);
    const handlers = resources.filter(
      ([, { Type, Properties }]) => Type === "AWS::Lambda::Function" && Properties?.["Handler"] === "index.handler",
    );
    assert.ok(handlers.length > 10, String(handlers.length));
    for (const [id, { Properties }] of handlers) {
      const { S3Key } = Properties!["Code"] as { S3Key: string };
      const code = join(output, files[S3Key.replace(/\.zip$/, "")]!.source.path!, "index.js");
      assert.ok(readFileSync(code, "utf8").includes("handler"), `${id} has no code in ${code}`);
    }
    const images = Object.values(dockerImages);
    assert.equal(images.length, example === "production" ? 0 : 1);
    for (const { source } of images) {
      for (const path of [source.dockerFile!, "dist/worker/worker.cjs", "worker-image/wrapper/wrapper.c"])
        assert.ok(existsSync(join(output, source.directory!, path)), path);
      assert.deepEqual(readdirSync(join(output, source.directory!)).sort(), [".dockerignore", "dist", "worker-image"]);
    }
    // The migrations that the deploy runs are those of this release.
    const databases = (one: Template) =>
      Object.values(one.Resources).flatMap(({ Type, Properties }) =>
        Type === "Custom::Database" ? [[Properties!["migrations"], Properties!["roles"]]] : [],
      );
    assert.deepEqual(databases(template), databases(templateOf("defaults")));
    if (example === "production") {
      const strictly = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--module", "nodenext"];
      await run(process.execPath, [ours("typescript/bin/tsc"), ...strictly, "--skipLibCheck", "app.ts"], clean);
    }
  });

  it("has the stack of our own app, with the same resources under the same ids", async () => {
    const clean = await install("trial");
    const packed = (await import(join(clean, "node_modules/benchstack-cdk/lib/index.js"))) as {
      BenchstackStack: typeof BenchstackStack;
    };
    const app = new App({
      outdir: join(folder.path, "same"),
      context: { "aws:cdk:bundling-stacks": [] },
      builtinCloudFormationValidation: false,
    });
    new packed.BenchstackStack(app, "Benchstack", combinations["a trial that is dark"]!);
    const withoutHashes = (template: unknown) =>
      JSON.parse(JSON.stringify(template).replaceAll(/[0-9a-f]{64}/g, "HASH")) as unknown;
    const { template } = app.synth().getStackByName("Benchstack") as { template: Template };
    assert.deepEqual(withoutHashes(template), withoutHashes(templateOf("a trial that is dark")));
  });
});
