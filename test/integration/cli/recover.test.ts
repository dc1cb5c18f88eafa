/** `npm run recover` on the files of a platform on this machine. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openHome } from "../../../local/home.ts";
import { repository, temporaryFolder } from "../../support/files.ts";
import { copyPgliteDatabase } from "../../support/pglite.ts";

describe("npm run recover (A-226)", () => {
  let home: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    home = await temporaryFolder();
    await copyPgliteDatabase(join(home.path, "database"));
  });
  afterAll(() => home.remove());

  const recover = (args: string[], folder = home.path) =>
    new Promise<{ code: number; out: string; errors: string }>((resolve) => {
      const env = { ...process.env, BENCHSTACK_HOME: folder, DATABASE_URL: "" };
      execFile(process.execPath, [join(repository, "scripts/recover.ts"), ...args], { env }, (error, out, errors) =>
        resolve({ code: error ? Number(error.code) : 0, out, errors }),
      );
    });

  it("prints a new password, or a sentence that says what to do", async () => {
    const unknown = await recover(["admin"]);
    assert.deepEqual([unknown.code, unknown.out], [1, ""]);
    assert.match(unknown.errors, /There is no account admin\..* add --create/);
    const made = await recover(["--create", "admin"]);
    assert.match(made.out, /^admin is an administrator with the password \S{24} /);
    assert.match((await recover(["admin@localhost"])).out, /^admin is an administrator with the password/);
    for (const wrong of [[], ["admin", "--creat"], ["admin", "other"]]) {
      const misused = await recover(wrong);
      assert.equal(misused.code, 2);
      assert.match(misused.errors, /^Usage: npm run recover/m);
    }
    const address = await recover(["--create", "new@example.org"]);
    assert.equal(address.code, 1);
    assert.match(address.errors, /^No account can be called new@example\.org\. A username has 5 to 15/);
    assert.match(
      (await recover(["admin"], join(home.path, "nowhere"))).errors,
      /There is no platform in .*BENCHSTACK_HOME/,
    );
    const running = await openHome(home.path);
    try {
      assert.match((await recover(["admin"])).errors, /Another Benchstack platform is running.* Stop it first\./);
    } finally {
      running.release();
    }
  });
});
