/** Watching worksheets, and importing them from another instance that has the same API. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { ApiClient } from "../../../client/api-client.ts";
import type { CanaryReport } from "../../../client/canary.ts";
import type { ImportReport } from "../../../cli/import-worksheets.ts";
import { benchstackHere } from "../cli/run-benchstack.ts";
import { personOf, startTestPlatform, type Person, type TestPlatform } from "../../support/platform.ts";
import { startSecondPlatform, type SecondPlatform } from "./second-platform.ts";
import { Sheets } from "./sheets.ts";

interface Shown {
  attributes: Record<string, unknown> & { metadata: Record<string, unknown>; dependencies: Record<string, unknown>[] };
  relationships: { owner: { data: { id: string } } };
}

describe("operating worksheets", () => {
  let target: SecondPlatform;
  let source: TestPlatform;
  let ann: Person;
  beforeAll(async () => {
    target = await startSecondPlatform();
    source = await startTestPlatform({ database: "postgres", worker: null });
    ann = await source.newPerson();
  });
  afterAll(async () => {
    await source.close();
    await target.close();
  });

  const as = ({ url }: { url: string }, { token }: { token: string }) => ({
    BENCHSTACK_URL: url,
    BENCHSTACK_TOKEN: token,
  });

  it("a canary says which step failed, and leaves nothing (W-177)", async () => {
    // Nothing runs what it asks for.
    const ended = await benchstackHere(["canary", "--seconds", "1", "--json"], as(source, ann));
    const { ok, steps } = JSON.parse(ended.out) as CanaryReport;
    assert.deepEqual([ended.code, ok], [1, false], ended.out);
    assert.deepEqual(
      steps.map(({ step, ok: done }) => [step, done]),
      [
        ["upload", true],
        ["cat", true],
        ["run", true],
        ["wait", false],
        ["remove", true],
      ],
    );
    assert.match(steps[3]!.problem!, /^After 1 s the run is still staged/);
    const { rows } = await ann.client
      .request<{ rows: unknown[] }>("GET", "/rest/bundles?keywords=.mine")
      .then((answer) => ({ rows: (answer as unknown as { data: unknown[] }).data }));
    assert.deepEqual(rows, []);
  });

  it("an import keeps uuids, owners, items, tags, permissions and contents, and may be repeated (W-178, W-179)", async () => {
    const sheets = new Sheets(source, ann);
    const data = await sheets.bundle({ metadata: { name: "data", tags: ["x"] } }, { "a.txt": "one", "d/b.txt": "two" });
    const text = await sheets.bundle({ metadata: { name: "a.txt" } }, "é\n");
    await sheets.share(text);
    const waiting = await sheets.bundle({ metadata: { name: "unfinished" } });
    const inner = await sheets.worksheet("inner", "# For us");
    const group = (await sheets.send<{ data: { id: string } }>("GET", "/rest/groups/public")).data.id;
    await sheets.send("POST", "/rest/worksheet-permissions", {
      data: [
        {
          type: "worksheet-permissions",
          attributes: { permission: 0 },
          relationships: {
            worksheet: { data: { type: "worksheets", id: inner } },
            group: { data: { type: "groups", id: group } },
          },
        },
      ],
    });
    const sheet = await sheets.worksheet("paper", `# Title\n{${data}}\n% display table name\n{${text}}\n{{${inner}}}`);
    await sheets.send("PATCH", "/rest/worksheets", {
      data: [{ type: "worksheets", id: sheet, attributes: { title: "A paper", tags: ["t"], frozen: "now" } }],
    });
    // She has an account there as well, but not under the same id.
    const { username, password } = ann;
    const account = { username, password, email: `${username}@example.org` };
    await new ApiClient(target.url, target.token).request("POST", "/api/users/", account);
    const there = await personOf(target.url, username, password);
    const run = async () => {
      const env = { ...as(target, target), CODALAB_USERNAME: username, CODALAB_PASSWORD: password };
      const ended = await benchstackHere(["import-worksheets", source.url, "--json"], env);
      return { code: ended.code, report: JSON.parse(ended.out) as ImportReport };
    };
    const first = await run();
    const { bundles, worksheets, unknownOwners } = first.report;
    assert.deepEqual(unknownOwners, []);
    assert.deepEqual([bundles.copied, bundles.present, worksheets.copied, worksheets.problems], [2, 0, 2, []]);
    assert.deepEqual([first.code, bundles.problems.length], [1, 1]);
    assert.match(bundles.problems[0]!.name + bundles.problems[0]!.problem, new RegExp(`${waiting}.*still uploading`));

    const read = async <Body>(path: string) => {
      const answer = await there.send<Body>("GET", `/rest/${path}`);
      assert.equal(answer.status, 200, answer.text);
      return answer;
    };
    const own = (await read<{ data: { id: string } }>("user")).body.data.id;
    const bundle = (await read<{ data: Shown }>(`bundles/${data}?include=owner`)).body.data;
    assert.equal(bundle.relationships.owner.data.id, own);
    assert.deepEqual([bundle.attributes["state"], bundle.attributes.metadata["tags"]], ["ready", ["x"]]);
    assert.equal((await read(`bundles/${data}/contents/blob/d/b.txt`)).text, "two");
    assert.equal((await read(`bundles/${text}/contents/blob/`)).text, "é\n");
    const shown = (await read<Record<string, unknown>>(`interpret/worksheet/${sheet}`)).body;
    assert.deepEqual(
      [shown["name"], shown["title"], shown["tags"], shown["owner_name"], shown["frozen"] !== null],
      ["paper", "A paper", ["t"], ann.username, true],
    );
    assert.deepEqual(shown["source"], [
      ...["# Title", `[dataset data]{${data}}`, "% display table name", `[dataset a.txt]{${text}}`],
      `[worksheet inner]{{${inner}}}`,
    ]);
    // Others read what everybody may read at the source, and nothing else.
    const other = { username: "other-reader", password: "a long password", email: "other@example.org" };
    await new ApiClient(target.url, target.token).request("POST", "/api/users/", other);
    const reader = await personOf(target.url, other.username, other.password);
    assert.equal((await reader.send("GET", `/rest/bundles/${text}/contents/blob/`)).status, 200);
    assert.equal((await reader.send("GET", `/rest/bundles/${data}/contents/blob/`)).status, 403);
    assert.equal((await reader.send("GET", `/rest/worksheets/${inner}`)).status, 403);
    assert.equal((await reader.send("GET", `/rest/worksheets/${sheet}`)).status, 200);
    // What somebody has written since stays.
    const written = { raw: "# Ours now", type: "text/plain" };
    assert.equal((await there.send("POST", `/rest/worksheets/${inner}/raw`, written)).status, 204);
    const second = await run();
    assert.deepEqual(
      [second.report.bundles.copied, second.report.bundles.present, second.report.worksheets.copied],
      [0, 2, 0],
    );
    const kept = await read<{ source: string[] }>(`interpret/worksheet/${inner}`);
    assert.deepEqual(kept.body.source, ["# Ours now"]);
  });
});
