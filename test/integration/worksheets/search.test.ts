/** Searches find what they should, and read rows by an index, however many there are. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import { searchBundles } from "../../../lambdas/worksheets/db/search-bundles.ts";
import { searchWorksheets } from "../../../lambdas/worksheets/db/search-worksheets.ts";
import type { Searcher } from "../../../lambdas/worksheets/db/visible.ts";
import { readBundleQuery } from "../../../lambdas/worksheets/rules/search/bundles.ts";
import { readWorksheetQuery } from "../../../lambdas/worksheets/rules/search/worksheets.ts";
import { openFilledDatabase, type FilledDatabase } from "../support/filled-database.ts";

const uuid = (letter: string, number: number) => `0x${letter.repeat(24)}${String(number).padStart(8, "0")}`;

/**
 * 50 people with 400 bundles and 20 worksheets each, which everybody may read, on one of them the bundles; and a few that
 * the tests are about.
 */
const rows = `
insert into users (username, email, password_hash)
  select 'person' || n, 'person' || n || '@example.org', 'x' from generate_series(1, 50) n;
insert into bundles (uuid, type, owner_id, command, state, metadata, data_size, created_when)
  select '0x' || repeat('a', 24) || lpad(n::text, 8, '0'), 'run', n % 50 + 1, 'echo ' || n, 'ready',
    jsonb_build_object('name', 'run-' || n, 'tags', jsonb_build_array('t' || n % 1000), 'request_cpus', n % 4),
    n, '2026-01-01'::timestamptz + n * interval '1 minute'
  from generate_series(1, 20000) n;
insert into worksheets (uuid, name, owner_id, title, tags)
  select '0x' || repeat('b', 24) || lpad(n::text, 8, '0'), 'sheet-' || n, n % 50 + 1, 'Title ' || n, array['t' || n]
  from generate_series(1, 1000) n;
insert into bundle_permissions (bundle_id, group_id, permission)
  select b.id, g.id, 1 from bundles b, worksheet_groups g where g.name = 'public';
insert into worksheet_permissions (worksheet_id, group_id, permission)
  select w.id, g.id, 1 from worksheets w, worksheet_groups g where g.name = 'public';
insert into worksheet_items (worksheet_id, type, bundle_uuid)
  select (b.id % 1000) + 1, 'bundle', b.uuid from bundles b where b.id % 2 = 0;
insert into bundle_dependencies (child_id, position, child_path, parent_uuid)
  select b.id, 0, 'in', '0x' || repeat('a', 24) || lpad((b.id - 1)::text, 8, '0') from bundles b where b.id % 4 = 0;

insert into worksheet_groups (uuid, name, owner_id) values ('0x' || repeat('d', 32), 'team', 1);
insert into worksheet_group_members (group_id, user_id, is_admin) select id, n, n = 1 from worksheet_groups, (values (1), (2)) m (n)
  where name = 'team';
insert into bundles (uuid, type, owner_id, state, metadata, is_anonymous) values
  ('${uuid("c", 1)}', 'dataset', 1, 'ready', '{"name": "secret", "tags": ["mine", "x_y"]}', false),
  ('${uuid("c", 2)}', 'dataset', 1, 'ready', '{"name": "for-team", "description": "100% of it"}', false),
  ('${uuid("c", 3)}', 'dataset', 3, 'ready', '{"name": "unsigned"}', true);
insert into worksheets (uuid, name, owner_id, is_anonymous) values
  ('${uuid("e", 1)}', 'private', 1, false), ('${uuid("e", 2)}', 'shared', 1, false), ('${uuid("e", 3)}', 'unsigned', 3, true);
insert into worksheet_items (worksheet_id, type, value) select id, 'markup', 'needle' from worksheets where name = 'shared';
insert into worksheet_items (worksheet_id, type, subworksheet_uuid) select id, 'worksheet', '${uuid("e", 1)}' from worksheets
  where name = 'shared';
insert into bundle_permissions select b.id, g.id, 1 from bundles b, worksheet_groups g
  where (b.metadata ->> 'name' = 'for-team' and g.name = 'team') or (b.metadata ->> 'name' = 'unsigned' and g.name = 'public');
insert into worksheet_permissions select w.id, g.id, 1 from worksheets w, worksheet_groups g
  where (w.name = 'shared' and g.name = 'team') or (w.name = 'unsigned' and g.name = 'public');
`;

const root: Searcher = { id: 50, all: true };
const [first, second, third, nobody] = [1, 2, 3, null].map((id) => ({ id, all: false }));
const big = ["bundles", "bundle_permissions", "bundle_dependencies", "worksheet_items", "worksheets"];

describe("a search", () => {
  let filled: FilledDatabase;
  let db: Db;
  beforeAll(async () => {
    filled = await openFilledDatabase(rows, big);
    ({ db } = filled);
  });
  afterAll(() => filled.close());

  const bundles = (searcher: Searcher, ...keywords: string[]) => searchBundles(db, searcher, readBundleQuery(keywords));
  const worksheets = (searcher: Searcher, ...keywords: string[]) =>
    searchWorksheets(db, searcher, readWorksheetQuery(keywords));
  const runs = (...numbers: number[]) => numbers.map((number) => uuid("a", number));

  /** Keywords, in which a plus stands for a space. */
  const split = (keywords: string) => keywords.split(" ").map((keyword) => keyword.replaceAll("+", " "));

  it("of bundles finds them by fields, metadata and relations (W-94)", async () => {
    const cases: [keywords: string, found: string[]][] = [
      ["name=run-7", runs(7)],
      ["uuid=" + uuid("a", 7), runs(7)],
      ["uuid=" + uuid("a", 7).slice(0, 20), []],
      ["uuid=" + uuid("a", 2000).slice(0, 33) + ".*", runs(2009, 2008, 2007, 2006, 2005, 2004, 2003, 2002, 2001, 2000)],
      [uuid("a", 7), runs(7)],
      ["run-1999", runs(19999, 19998, 19997, 19996, 19995, 19994, 19993, 19992, 19991, 19990)],
      ["RUN-19999", runs(19999)],
      ["name=run-1999% .limit=1", runs(19999)],
      ["name=run-3,run-5 id=.sort", runs(3, 5)],
      ["tags=t7 .limit=2", runs(19007, 18007)],
      ["tags=t99_% .limit=1", []],
      ["tags=t99% .limit=1", runs(19999)],
      ["request_cpus=3 .limit=1 .offset=1", runs(19995)],
      ["id=5", runs(5)],
      ["id=x", []],
      ["type=run state=ready command=echo+12", runs(12)],
      ["size=19999", runs(19999)],
      ["size=.sort- .limit=2", runs(20000, 19999)],
      ["request_cpus=.sort- .limit=1", runs(19999)],
      ["name=.sort .limit=3", [uuid("c", 2), ...runs(1, 10)]],
      ["owner=person1 name=run-50", runs(50)],
      ["owner=nobody", []],
      [`dependency=${uuid("a", 99)}`, runs(100)],
      [`dependency/in=${uuid("a", 99)}`, runs(100)],
      [`dependency/out=${uuid("a", 99)}`, []],
      [`worksheet=${uuid("b", 3)} .limit=1`, runs(20000 - 998)],
      [".before=2026-01-01T00:02:00", runs(2, 1)],
      [".after=2026-01-14T21:20:00Z type=run", runs(20000)],
      ["=secret", [uuid("c", 1)]],
      ["=19998 =echo", runs(19998)],
      ["description=100%", [uuid("c", 2)]],
      ["created=1767225720", runs(2)],
      [".floating name=run-2", []],
      [".floating .limit=2 .last", [uuid("c", 3), uuid("c", 2)]],
    ];
    for (const [keywords, found] of cases) assert.deepEqual(await bundles(root, ...split(keywords)), found, keywords);
  });

  it("counts and adds up (W-94)", async () => {
    assert.equal(await bundles(root, "type=run", ".count"), 20_000);
    assert.equal(await bundles(root, "name=run-3,run-5", "size=.sum"), 8);
    assert.equal(await bundles(root, "name=run-3,run-5", "request_cpus=.sum"), 4);
    assert.equal(await bundles(root, "name=.sum"), 0);
  });

  it("finds what the searcher may read, and tells nobody who owns what is anonymous (W-97)", async () => {
    const [secret, team, unsigned] = [1, 2, 3].map((number) => [uuid("c", number)]);
    for (const [searcher, name, found] of [
      [first, "secret", secret],
      [second, "secret", []],
      [nobody, "secret", []],
      [root, "secret", secret],
      [second, "for-team", team],
      [third, "for-team", []],
      [nobody, "unsigned", unsigned],
    ] as const)
      assert.deepEqual(await bundles(searcher!, `name=${name}`), found, `${searcher!.id} ${name}`);
    assert.deepEqual(await bundles(first!, ".mine", "type=dataset"), [...team!, ...secret!]);
    assert.deepEqual(await bundles(nobody!, ".mine"), []);
    for (const keyword of [".shared", "group=team", `group=0x${"d".repeat(32)}`]) {
      assert.deepEqual(await bundles(second!, keyword), team, keyword);
      assert.deepEqual(await bundles(third!, keyword), [], keyword);
    }
    for (const owner of ["owner=person3", "owner_id=3"]) {
      assert.deepEqual(await bundles(third!, owner, "type=dataset"), unsigned, owner);
      assert.deepEqual(await bundles(first!, owner, "type=dataset"), [], owner);
      assert.deepEqual(await worksheets(third!, owner, "name=unsigned"), [uuid("e", 3)], owner);
      assert.deepEqual(await worksheets(first!, owner, "name=unsigned"), [], owner);
    }
    assert.deepEqual(await worksheets(first!, "name=private"), [uuid("e", 1)]);
    assert.deepEqual(await worksheets(second!, "name=private"), []);
    assert.deepEqual(await bundles(nobody!, `worksheet=${uuid("e", 1)}`), []);
  });

  it("of worksheets finds them by fields, tags and items, the searcher's first (W-95)", async () => {
    const cases: [keywords: string, found: string[]][] = [
      ["name=sheet-7", [uuid("b", 7)]],
      ["title=Title+7", [uuid("b", 7)]],
      [uuid("b", 7), [uuid("b", 7)]],
      ["tag=t7,t8 id=.sort", [uuid("b", 7), uuid("b", 8)]],
      ["tag=t99% .limit=1 id=.sort-", [uuid("b", 999)]],
      [`bundle=${uuid("a", 2)} .limit=1`, [uuid("b", 3)]],
      [`worksheet=${uuid("e", 1)}`, [uuid("e", 2)]],
      ["=needle", [uuid("e", 2)]],
      [".shared", [uuid("e", 2)]],
      [".shared .notmine", []],
      ["group=team", [uuid("e", 2)]],
      ["sheet-99 .limit=2 id=.sort", [uuid("b", 99), uuid("b", 990)]],
    ];
    for (const [keywords, found] of cases)
      assert.deepEqual(await worksheets(first!, ...split(keywords)), found, keywords);
    const mine = await worksheets(first!, ".limit=100");
    assert.equal(mine.length, 100);
    assert.ok(mine.slice(0, 20).every((one) => Number(one.slice(26)) % 50 === 0 || one.includes("e")));
    assert.throws(() => readWorksheetQuery(["color=red"]), /Unknown key: color/);
  });

  it("reads no big table from its beginning to its end, whoever searches (W-98)", async () => {
    const ofBundles = [
      ["name=run-7"],
      [uuid("a", 7).slice(0, 30)],
      [`uuid=${uuid("a", 7)}`],
      [".mine"],
      ["tags=t7"],
      ["request_cpus=3"],
      ["id=5"],
      [],
      ["size=.sort-"],
      ["created=.sort-"],
      [`dependency=${uuid("a", 99)}`],
      [`worksheet=${uuid("b", 3)}`],
      ["owner=person7", "state=ready"],
      [".after=2026-01-14T21:00:00"],
      [".shared"],
      ["group=team"],
      ["run"],
    ];
    const ofWorksheets = [
      ["name=sheet-7"],
      [".mine"],
      ["tag=t7"],
      [`bundle=${uuid("a", 2)}`],
      [uuid("b", 7)],
      ["group=team"],
    ];
    for (const searcher of [second!, nobody!, root]) {
      for (const keywords of ofBundles)
        await filled.byIndex(() => bundles(searcher, ...keywords), `${searcher.id}: ${keywords.join(" ")}`);
      for (const keywords of ofWorksheets)
        await filled.byIndex(() => worksheets(searcher, ...keywords), `${searcher.id}: ${keywords.join(" ")}`);
    }
  });
});
