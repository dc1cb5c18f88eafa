import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { points } from "../../scripts/prove/points.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { waitFor } from "../support/wait.ts";
import { Buckets } from "./buckets.ts";
import { startDatabase } from "./database.ts";
import { Cdk, preparePlatform, stackName } from "./deployment.ts";
import { account, region, startEmulator } from "./emulator.ts";

const closers: (() => unknown)[] = [];
const closing = <T>(value: T, close: (value: T) => unknown): T => {
  closers.push(() => close(value));
  return value;
};
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

describe("npm run prove, on an emulator of AWS", () => {
  it("tries every point, deletes what it deployed, and reports what does not hold", async () => {
    const { path: folder } = closing(await temporaryFolder(), (one) => one.remove());
    const database = closing(await startDatabase(folder), (one) => one.stop());
    const emulator = closing(
      await startEmulator({ publicAddress: "127.0.0.1", folder, certificate: database.certificate }),
      (one) => one.stop(),
    );
    const { configFile, synthesized } = await preparePlatform(new Cdk(emulator, folder), { database, folder });
    const prove = (...args: string[]) =>
      promisify(execFile)(process.execPath, ["scripts/prove.ts", ...args, "--config", configFile], {
        cwd: repository,
        env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: folder, ...emulator.environment },
      }).then(
        (done) => ({ code: 0, ...done }),
        (error: Error & { code: number; stdout: string; stderr: string }) => error,
      );
    const other = await prove("--account", "111111111111");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /for the account 000000000000, not 111111111111\. Nothing was changed\./);

    const settings = { endpoint: emulator.url, region, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
    // Every account in which ECS was used has it.
    const ecs = { RoleName: "AWSServiceRoleForECS", AssumeRolePolicyDocument: "{}" };
    await new IAMClient(settings).send(new CreateRoleCommand(ecs));
    const buckets = new Buckets(emulator);
    const tagged = waitFor("its buckets", async () => (await buckets.of(stackName)).length === 3, 3_000_000).then(() =>
      buckets.tag(stackName),
    );

    const report = join(folder, "report.md");
    const { code, stdout, stderr } = await prove("--account", account, "--app", synthesized, "--report", report);
    assert.equal(code, 1, stdout + stderr);
    await tagged;
    const text = await readFile(report, "utf8");
    const results = Object.fromEntries(
      [...text.matchAll(/^\| (P-\d+) \| .*? \| \*\*(.*?)\*\* \| (.*?) \| /gm)].map(([, id, result, detail]) => [
        id!,
        `${result}: ${detail}`,
      ]),
    );
    assert.deepEqual(
      Object.keys(results),
      points.map(({ id }) => id),
      text,
    );
    const matches = (id: string, pattern: RegExp) => assert.match(results[id]!, pattern, text);
    matches("P-1", /^holds: warning: No quota could be read/);
    matches("P-2", /^holds: \d+ resources\. Budget: /);
    // Nobody resolves the names of the emulator's CloudFront.
    matches("P-3", /^does not hold: https:\/\/.*cloudfront\.net cannot be reached/);
    for (const id of ["P-4", "P-5", "P-7"]) matches(id, /^not tried: It needs P-/);
    // It deploys the same output twice.
    matches("P-6", /^does not hold: The stack is CREATE_COMPLETE\./);
    matches("P-8", /^holds: \d+ alarms/);
    matches("P-9", /^holds: Nothing is left\./);
    assert.doesNotMatch(text, new RegExp(account));
  });
});
