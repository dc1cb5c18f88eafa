/** Worksheets are shown with what their bundles and files hold, and with what their searches find. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "fast-check";
import { sql } from "kysely";
import type { Actor } from "../../../lambdas/policy/policy.ts";
import { interpretWorksheet } from "../../../lambdas/worksheets/service/interpretation.ts";
import { startTestPlatform, type Person, type TestPlatform } from "../../support/platform.ts";
import { lines } from "../../unit/worksheets/worksheet-sources.ts";
import { Sheets } from "./sheets.ts";

interface Shown {
  uuid: string;
  name: string;
  owner_name: string;
  edit_permission: boolean;
  source: string[];
  blocks: (Record<string, unknown> & {
    mode: string;
    text: string;
    rows: Record<string, unknown>[];
    lines: string[];
  })[];
  raw_to_block: unknown[];
  meta: { version: string };
}

/** What `cl` says of a run if its user says nothing. */
const ofRuns = {
  ...{ allow_failed_dependencies: false, request_docker_image: "", request_time: "", request_memory: "2g" },
  ...{ request_disk: "", request_cpus: 1, request_gpus: 0, request_queue: "", request_priority: 0 },
  ...{ request_network: true, exclude_patterns: [], store: "" },
};

describe("a worksheet", () => {
  let platform: TestPlatform;
  let ann: Person;
  let ben: Person;
  let sheets: Sheets;
  let [folder, text, hidden, made, image]: string[] = [];
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    [ann, ben] = await Promise.all([platform.newPerson(), platform.newPerson()]);
    sheets = new Sheets(platform, ann);
    folder = await sheets.bundle(
      { metadata: { name: "results" } },
      {
        "stats.json": '{"test": {"accuracy": 0.875}}',
        "log.tsv": "1\t0.5\n2\t0.7\n",
        "in/deep.yaml": "a:\n  - b: 3\n",
      },
    );
    text = await sheets.bundle({ metadata: { name: "a.txt" } }, "first\nsecond\nthird\n");
    hidden = await sheets.bundle({ metadata: { name: "hidden" } }, "secret\n");
    made = await sheets.bundle({
      bundle_type: "run",
      command: "cat r/deep.yaml",
      metadata: { name: "reader", ...ofRuns },
      dependencies: [
        { child_path: "r", parent_uuid: folder, parent_path: "in" },
        { child_path: "h", parent_uuid: hidden, parent_path: "" },
      ],
    });
    image = await sheets.bundle({ metadata: { name: "dot.png" } }, Buffer.from("89504e47", "hex"));
    for (const uuid of [folder, text, made, image]) await sheets.share(uuid);
  });
  afterAll(() => platform.close());

  const shown = async (uuid: string, query = "", who = ann): Promise<Shown> => {
    const answer = await who.send<Shown>("GET", `/rest/interpret/worksheet/${uuid}?${query}`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get("content-type"), "application/json");
    return answer.body;
  };

  it("is read whatever its size: what no function can answer is fetched from the store (W-203)", async () => {
    const lines = Array.from({ length: 5_600 }, (_, at) => `${at} ${"words ".repeat(166)}`);
    const uuid = await sheets.worksheet("of-six-megabytes", lines.join("\n"));
    const headers = { authorization: `Token ${ann.token}`, "x-requested-with": "XMLHttpRequest" };
    for (const path of [`interpret/worksheet/${uuid}`, `worksheets/${uuid}?include=items`]) {
      const first = await fetch(`${platform.url}/rest/${path}`, { headers, redirect: "manual" });
      assert.equal(first.status, 303, path);
      // As `cl` does, which sends its token to the platform only.
      const answer = await fetch(first.headers.get("location")!);
      assert.equal(answer.headers.get("content-type"), "application/json");
      const text = await answer.text();
      const shown = new Set(text.match(/\d+( words)+/g));
      assert.ok(lines.every((line) => shown.has(line.trimEnd())));
      assert.equal((JSON.parse(text) as Shown).meta.version, "1.7.5");
    }
  });

  it("shows values in files, texts, images and points (W-86, W-88)", async () => {
    const uuid = await sheets.worksheet(
      "files",
      [
        "% schema s",
        "% add accuracy /stats.json:test/accuracy %.2f",
        "% add b /r/deep.yaml:a/0/b",
        "% display table name s",
        ...[folder, text, made].map((bundle) => `{${bundle}}`),
        "% display contents / maxlines=2",
        `{${text}}`,
        `{${folder}}`,
        "% display contents /missing",
        `{${folder}}`,
        "% display image /",
        `{${image}}`,
        "% display graph /log.tsv",
        `{${folder}}`,
        "% display record accuracy:/stats.json:",
        `{${hidden}}`,
      ].join("\n"),
    );
    const { blocks, source, owner_name, edit_permission, meta, ...rest } = await shown(uuid);
    assert.deepEqual([rest.name, owner_name, edit_permission, meta.version], ["files", ann.username, true, "1.7.5"]);
    assert.equal(source[4], `[dataset results]{${folder}}`);
    const [, table, contents, directory, missing, picture, graph, record] = blocks;
    assert.deepEqual(table!.rows, [
      { name: "results", accuracy: "0.88", b: null },
      { name: "a.txt", accuracy: null, b: null },
      { name: "reader", accuracy: null, b: 3 },
    ]);
    assert.deepEqual(contents!.lines, ["first\n", "second\n"]);
    assert.deepEqual(directory!.lines, ["<directory>"]);
    assert.deepEqual([missing!.lines, missing!["status"]], [null, { code: "not_found", error_message: "" }]);
    assert.equal(picture!["image_data"], Buffer.from("89504e47", "hex").toString("base64"));
    assert.deepEqual((graph!["trajectories"] as { points: unknown }[])[0]!.points, [
      ["1", "0.5\n"],
      ["2", "0.7\n"],
    ]);
    assert.equal(record!.mode, "record_block");
    assert.ok(blocks.every((block) => block["is_refined"]));
  });

  it("shows others only what they may read (W-97)", async () => {
    const uuid = await sheets.worksheet(
      "others",
      [
        `{${hidden}}`,
        "% display contents /",
        `{${hidden}}`,
        "% display table /h",
        `{${made}}`,
        `{0x${"0".repeat(32)}}`,
      ].join("\n"),
    );
    const [table, contents, dependency] = (await shown(uuid, "", ben)).blocks;
    assert.equal(table!.rows[0]!["name"], "<private>");
    assert.deepEqual([contents!.lines, contents!["status"]], [null, { code: "no_permission", error_message: "" }]);
    assert.deepEqual(dependency!.rows[0], { h: ["Forbidden"] });
    assert.ok(!JSON.stringify(await shown(uuid, "", ben)).includes("secret"));
    const own = (await shown(uuid)).blocks;
    assert.deepEqual([own[1]!.lines, own[2]!.rows[0]], [["secret\n"], { h: "secret" }]);
    await platform.inside.db.deleteFrom("worksheet_permissions").execute();
    assert.equal((await ben.send("GET", `/rest/interpret/worksheet/${uuid}`)).status, 403);
  });

  it("leaves searches and files for later in brief, and shows one search or some bundles alone (W-93)", async () => {
    const search = "search name=results .limit=3";
    const uuid = await sheets.worksheet(
      "parts",
      [
        "text",
        "% schema s",
        "% add name",
        "% add /stats.json:test/accuracy",
        "% display table s",
        `% ${search}`,
        `{${folder}}`,
      ].join("\n"),
    );
    const brief = await shown(uuid, "brief=1");
    assert.deepEqual(
      brief.blocks.map(({ mode }) => mode),
      ["markup_block", "schema_block", "placeholder_block", "table_block"],
    );
    assert.equal(brief.blocks[2]!["directive"], search);
    const part = await shown(uuid, `directive=${encodeURIComponent(search)}`);
    assert.deepEqual(
      part.blocks.map(({ rows }) => rows),
      [[{ name: "results", accuracy: 0.875 }]],
    );
    const waiting = await shown(uuid, `brief=1&directive=${encodeURIComponent(search)}`);
    assert.deepEqual(waiting.blocks[0]!.rows[0]!["accuracy"], [folder, "/stats.json:test/accuracy", null]);
    assert.equal((waiting.blocks[0]!["status"] as { code: string }).code, "briefly_loaded");
    const filled = await sheets.send<{ contents: unknown[] }>("POST", "/rest/interpret/genpath-table-contents", {
      contents: waiting.blocks[0]!.rows,
    });
    assert.deepEqual(filled.contents, [{ name: "results", accuracy: 0.875 }]);
    const polled = await shown(uuid, `bundle_uuid=${folder}`);
    assert.deepEqual(Object.keys(polled).sort(), ["blocks", "meta", "uuid"]);
    assert.deepEqual(polled.blocks.slice(0, 2), [null, null]);
    const two = "search name=.* .limit=2";
    const records = await sheets.worksheet(
      "records",
      `% schema named\n% add name\n% display record named\n% ${two}\n{${folder}}`,
    );
    const found = await shown(records, `directive=${encodeURIComponent(two)}`);
    assert.deepEqual(
      found.blocks.map(({ mode }) => mode),
      ["record_block", "record_block"],
      "all blocks of the search, and nothing else",
    );
  });

  it("shows what searches find, and what is wrong with one (W-91, W-94, W-95)", async () => {
    const other = await sheets.worksheet("other-sheet");
    const uuid = await sheets.worksheet(
      "searches",
      [
        "Total:",
        "% search name=results,a.txt .count",
        "% wsearch name=other-sheet",
        "% search .limit=x",
        "% search name=none",
        "end",
      ].join("\n"),
    );
    const { blocks, raw_to_block } = await shown(uuid);
    assert.deepEqual(
      blocks.map(({ mode, text }) => [mode, text]),
      [
        ["markup_block", "Total:\n2"],
        ["subworksheets_block", undefined],
        ["markup_block", "Error in source line 4: .limit needs a number, not x"],
        ["markup_block", "end"],
      ],
    );
    assert.equal((blocks[1]!["subworksheet_infos"] as { uuid: string }[])[0]!.uuid, other);
    assert.deepEqual(raw_to_block, [
      [0, 0],
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
      [3, 0],
    ]);
  });

  it("and its parts are also answered alone (W-93)", async () => {
    const queries = [
      { bundle_uuid: folder, genpath: "/stats.json:test", post: null },
      { bundle_uuid: folder, genpath: "/stats.json:test/accuracy", post: "%.1f" },
      { bundle_uuid: folder, genpath: "/none", post: null },
    ];
    const { data } = await sheets.send<{ data: unknown[] }>("POST", "/rest/interpret/file-genpaths", { queries });
    assert.deepEqual(data, [{ accuracy: 0.875 }, "0.9", null]);
    const keywords = ["name=results"];
    assert.deepEqual(
      (await sheets.send<{ response: unknown }>("POST", "/rest/interpret/search", { keywords })).response,
      {
        result: [folder],
        is_aggregate: false,
      },
    );
    const found = await sheets.send<{ response: { name: string; owner_name: string }[] }>(
      "POST",
      "/rest/interpret/wsearch",
      {
        keywords: ["name=files"],
      },
    );
    assert.deepEqual(
      found.response.map(({ name, owner_name }) => [name, owner_name]),
      [["files", ann.username]],
    );
    for (const [path, json] of [
      ["search", {}],
      ["wsearch", { keywords: ["color=red"] }],
      ["search", { keywords: [".limit=x"] }],
      ["file-genpaths", { queries: [{ bundle_uuid: folder, genpath: "name" }] }],
      ["genpath-table-contents", { contents: "x" }],
    ] as const)
      assert.equal((await ann.send("POST", `/rest/interpret/${path}`, { json })).status, 400, path);
  });

  it("is found by keywords, as bundles and people are (W-94, W-95, W-96)", async () => {
    const bundles = await sheets.send<{ data: { id: string }[] }>(
      "GET",
      "/rest/bundles?keywords=name%3Dresults,a.txt&keywords=name%3D.sort",
    );
    assert.deepEqual(
      bundles.data.map(({ id }) => id),
      [text, folder],
    );
    const counted = await sheets.send<{ meta: { result: unknown } }>(
      "GET",
      "/rest/bundles?keywords=.count&keywords=.mine",
    );
    assert.equal(counted.meta.result, 5);
    const worksheets = await sheets.send<{ data: { attributes: { name: string } }[] }>(
      "GET",
      "/rest/worksheets?keywords=name%3Dfi.*",
    );
    assert.deepEqual(
      worksheets.data.map(({ attributes }) => attributes.name),
      ["files"],
    );
    const people = async (who: Person, ...keywords: string[]) => {
      const query = keywords.map((keyword) => `keywords=${encodeURIComponent(keyword)}`).join("&");
      return who.send<{ data: { attributes: { user_name: string } }[]; meta: { results: unknown } }>(
        "GET",
        `/rest/users?${query}`,
      );
    };
    const names = async (...given: Parameters<typeof people>) =>
      (await people(...given)).body.data.map(({ attributes }) => attributes.user_name);
    assert.deepEqual(await names(ben, `user_name=${ann.username}`), [ann.username]);
    assert.deepEqual(await names(ben, ann.username.slice(2)), [ann.username]);
    assert.deepEqual(await names(ben, ".joined_after=2100-01-01"), []);
    assert.equal((await people(ben, ".count")).body.meta.results, 3);
    assert.equal((await people(ben, "nonsense=1")).status, 400);
    for (const keyword of ["email=x", ".disk_used_more_than=70%", "time_used=.sort", ".active_before=2026-01-01"])
      assert.equal((await people(ben, keyword)).status, 403, keyword);
    assert.deepEqual(await names(platform.admin, "disk_used=.sort-", ".limit=1"), [ann.username]);
    assert.deepEqual(await names(platform.admin, ".disk_used_more_than=0.5"), []);
    assert.deepEqual(await names(platform.admin, ".time_used_less_than=50%", "disk_used=.sort-", ".limit=1"), [
      ann.username,
    ]);
    assert.equal((await platform.send("GET", "/rest/users")).status, 401);
  });

  it("has no directive that `cl` cannot read, however it was added (W-82)", async () => {
    const uuid = await sheets.worksheet("broken");
    const add = (value: string) => ({
      type: "worksheet-items",
      attributes: { type: "directive", value },
      relationships: { worksheet: { data: { type: "worksheets", id: uuid } } },
    });
    await sheets.send("POST", `/rest/worksheet-items?uuid=${uuid}`, {
      data: [add('display "x'), add("display table")],
    });
    const { included } = await sheets.send<{ included: { type: string; attributes: Record<string, unknown> }[] }>(
      "GET",
      `/rest/worksheets/${uuid}?include=items`,
    );
    assert.deepEqual(
      included.filter(({ type }) => type === "worksheet-items").map(({ attributes: { type, value } }) => [type, value]),
      [
        ["markup", '% display "x'],
        ["directive", "display table"],
      ],
    );
    assert.match((await shown(uuid)).blocks[0]!.text, /Error in source line 1: .* has no closing "/);
  });

  it("takes as many statements with 500 bundles as with 5, whatever stands on it (W-101)", async () => {
    const uuid = await sheets.worksheet("large");
    const { inside } = platform;
    const { rows } = await sql<{ id: number }>`
      select owner_id as id from worksheets where uuid = ${uuid}`.execute(inside.db);
    const actor: Actor = { ...({} as Actor), kind: "user", id: rows[0]!.id } as Actor;
    const count = async (bundles: number) => {
      await sql`delete from worksheet_items where worksheet_id = (select id from worksheets where uuid = ${uuid})`.execute(
        inside.db,
      );
      await sql`insert into worksheet_items (worksheet_id, type, bundle_uuid, value)
        select w.id, t.type, case t.type when 'bundle' then ${folder} end, case t.type when 'directive' then 'display table name /stats.json' else '' end
        from worksheets w, (values ('directive'), ('bundle')) t (type), generate_series(1, ${bundles})
        where w.uuid = ${uuid}`.execute(inside.db);
      let statements = 0;
      const db = inside.db.withPlugin({
        transformQuery({ node }) {
          statements++;
          return node;
        },
        transformResult: ({ result }) => Promise.resolve(result),
      });
      const wanted = { brief: false, directive: null, bundles: new Set<string>() };
      const { blocks } = await interpretWorksheet({ ...inside, db }, actor, uuid, wanted);
      assert.ok(blocks.length >= 1);
      return statements;
    };
    const few = await count(5);
    assert.equal(await count(500), few);
    assert.ok(few < 20, `${few} statements`);
  });

  it("is shown whatever its source is: never a 5xx (W-91)", async () => {
    const uuid = await sheets.worksheet("random");
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { maxLength: 40 }), async (source) => {
        const raw = source.map((line) => line.replace(/^(\s*\[?[^{]*)\{+.*$/, `{${folder}}`)).join("\n");
        const saved = await ann.send("POST", `/rest/worksheets/${uuid}/raw`, { raw, type: "text/plain" });
        assert.ok(saved.status < 500, saved.text);
        const { blocks, source: lines } = await shown(uuid);
        assert.ok(blocks.length <= lines.length + 1);
      }),
      { seed: 91, numRuns: 60 },
    );
  });
});
