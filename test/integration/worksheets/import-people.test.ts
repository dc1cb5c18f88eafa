/** The people of another instance of worksheets, whose bundles are imported. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { ApiClient } from "../../../client/api-client.ts";
import type { ImportReport } from "../../../cli/import-worksheets.ts";
import { temporaryFolder } from "../../support/files.ts";
import { startTestPlatform, type Person, type TestPlatform } from "../../support/platform.ts";
import { benchstackHere } from "../cli/run-benchstack.ts";
import { startSecondPlatform, type SecondPlatform } from "./second-platform.ts";
import { Sheets } from "./sheets.ts";

describe("importing the people of an instance", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let target: SecondPlatform;
  let source: TestPlatform;
  beforeAll(async () => {
    folder = await temporaryFolder();
    target = await startSecondPlatform();
    source = await startTestPlatform({ database: "postgres", worker: null });
  });
  afterAll(async () => {
    await source.close();
    await target.close();
    await folder.remove();
  });

  const run = async (...words: string[]) =>
    benchstackHere(["import-worksheets", source.url, "--json", ...words], {
      BENCHSTACK_URL: target.url,
      BENCHSTACK_TOKEN: target.token,
      CODALAB_TOKEN: source.admin.token,
    });

  const datasetOf = (person: Person) => new Sheets(source, person).bundle({ metadata: { name: "data" } }, "one");

  it("makes accounts for those who have none, and finds those who have another name here (W-149)", async () => {
    const [newcomer, renamed] = [await source.newPerson(), await source.newPerson()];
    const [first, second] = [await datasetOf(newcomer), await datasetOf(renamed)];
    const client = new ApiClient(target.url, target.token);
    const known = { username: "known-here", password: "a long password", email: "known@example.org" };
    await client.request("POST", "/api/users/", known);
    const names = join(folder.path, "names");
    await writeFile(names, `${renamed.username} ${known.username}\n\n`);

    const ended = await run("--accounts", "--names", names);
    const report = JSON.parse(ended.out) as ImportReport;
    assert.deepEqual(
      [ended.code, report.accounts, report.accountProblems, report.unknownOwners],
      [0, [newcomer.username], [], []],
    );
    const ownerOf = async (uuid: string) =>
      (
        await client.request<{ data: { relationships: { owner: { data: { id: string } } } } }>(
          "GET",
          `/rest/bundles/${uuid}`,
        )
      ).data.relationships.owner.data.id;
    const idOf = async (username: string) =>
      (await client.request<{ data: { id: string } }>("GET", `/rest/users/${username}`)).data.id;
    assert.equal(await ownerOf(first), await idOf(newcomer.username));
    assert.equal(await ownerOf(second), await idOf(known.username));
    // The account has the address that it has at the source, by which its owner sets a password.
    const addressOf = async (url: string, token: string) => {
      const path = `/api/admin/users/?search=${newcomer.username}`;
      const { results } = await new ApiClient(url, token).request<{ results: { email: string }[] }>("GET", path);
      return results[0]!.email;
    };
    assert.equal(await addressOf(target.url, target.token), await addressOf(source.url, source.admin.token));
    const again = JSON.parse((await run("--accounts", "--names", names)).out) as ImportReport;
    assert.deepEqual([again.accounts, again.bundles.copied], [[], 0]);
  });

  it("refuses a file of names with a line that does not have two", async () => {
    const names = join(folder.path, "wrong");
    await writeFile(names, "one two\nonly-one\n");
    const ended = await run("--names", names);
    assert.equal(ended.code, 2);
    assert.match(ended.out, /Line 2 of .*wrong must have a username at the source, a space, and one here\./);
  });
});
