/** Worksheets with their items, their source and who may do what with them. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { textBody } from "../../../web/worksheets/text-body.ts";
import { send } from "../../support/http.ts";
import { ids, link, named, openRestLab, type Client, type Document, type RestLab } from "./rest-lab.ts";

describe("worksheets", () => {
  let lab: RestLab;
  let [root, alice, bob]: Client[] = [];
  beforeAll(async () => {
    lab = await openRestLab();
    root = await lab.log(lab.admin);
    [alice, bob] = [await lab.newClient(), await lab.newClient()];
  });
  afterAll(() => lab.close());

  const change = (uuid: string, attributes: object, relationships: object = {}) => ({
    data: [{ type: "worksheets", id: uuid, attributes, relationships }],
  });
  const text = (value: string, type = "markup") => ({ type: "worksheet-items", attributes: { type, value } });
  const add = (client: Client, uuid: string, ...items: object[]) =>
    client.ask("POST", `worksheet-items?uuid=${uuid}`, { data: items });
  const raw = (client: Client, uuid: string, source: string, query = "") =>
    send("POST", `${lab.url}/rest/worksheets/${uuid}/raw${query}`, {
      authorization: `Bearer ${client.access}`,
      content: { raw: source, type: "text/plain" },
    });
  const read = (client: Client, uuid: string, include = "items") =>
    client.ask("GET", `worksheets/${uuid}?include=${include}`);
  const itemsOf = ({ included = [] }: Document) =>
    included
      .filter(({ type }) => type === "worksheet-items")
      .map(({ attributes, relationships }) => {
        const bundle = relationships!["bundle"]!.data as { id: string } | null;
        return bundle ? bundle.id : `${String(attributes["type"])} ${String(attributes["value"])}`;
      });
  const shared = (uuid: string, group: string, permission: number) => ({
    data: [
      {
        type: "worksheet-permissions",
        attributes: { permission },
        relationships: { group: link("groups", group), worksheet: link("worksheets", uuid) },
      },
    ],
  });

  it("are shown on a front page if they are tagged for it, and only to those who may read them (W-207)", async () => {
    const [seen, hidden] = [await alice!.worksheet("of-a-paper"), await alice!.worksheet("of-data")];
    await alice!.ask("PATCH", "worksheets", change(seen, { tags: ["paper"], title: "Our paper" }));
    await alice!.ask("PATCH", "worksheets", change(hidden, { tags: ["data"] }));
    const { data: groups } = await alice!.ask("GET", "groups/public");
    await alice!.ask("POST", "worksheet-permissions", shared(hidden, groups[0]!.id, 0));
    const { body } = await bob!.send("GET", "worksheets/sample");
    assert.deepEqual(body, [{ uuid: seen, display_name: "Our paper", owner_name: alice!.username }]);
  });

  it("have something from the beginning if they are called home or dashboard (W-208)", async () => {
    for (const name of ["home", "dashboard"]) {
      const items = itemsOf(await read(alice!, await alice!.worksheet(name)));
      assert.ok(
        items.some((item) => /^directive wsearch /.test(item)),
        items.join("\n"),
      );
    }
    assert.deepEqual(itemsOf(await read(alice!, await alice!.worksheet("another"))), []);
  });

  it("make a home worksheet when it is first asked for, once (W-10)", async () => {
    const client = await lab.newClient();
    const asked = await Promise.all([1, 2, 3].map(() => client.ask("GET", "worksheets?base=None&specs=")));
    const uuids = new Set(asked.map(({ data }) => data[0]!.id));
    assert.equal(uuids.size, 1);
    const [home] = (await client.ask("GET", `worksheets?specs=${encodeURIComponent("/")}`)).data;
    assert.equal(home!.attributes["name"], `home-${client.username}`);
    assert.deepEqual(home!.attributes["tags"], []);
    assert.match(String(home!.attributes["date_created"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/);
    await lab.nobody.refused(401, "NOT_LOGGED_IN", "GET", "worksheets?specs=");
    await bob!.refused(400, "NAME_OF_HOME", "POST", "worksheets", named("worksheets", "home-somebody"));
  });

  it("have names that are unique, and are found by name, uuid and its beginning (W-11)", async () => {
    const uuid = await alice!.worksheet("unique-name");
    await bob!.refused(400, "NAME_TAKEN", "POST", "worksheets", named("worksheets", "unique-name"));
    await bob!.refused(400, "NOT_UNDERSTOOD", "POST", "worksheets", named("worksheets", "no name"));
    for (const spec of ["unique-name", uuid, uuid.slice(0, 14)])
      assert.equal((await bob!.ask("GET", `worksheets?specs=${spec}`)).data[0]!.id, uuid);
    await bob!.refused(404, "NO_SUCH_WORKSHEET", "GET", "worksheets?specs=no-such-name");
    const both = await bob!.ask("GET", `worksheets?specs=unique-name&specs=${uuid}&include=owner`);
    assert.deepEqual(
      both.data.map(({ id }) => id),
      [uuid, uuid],
    );
    assert.equal(both.included!.length, 1);
  });

  it("are read by everybody until their owner says otherwise, and changed by who may do all (W-12)", async () => {
    const uuid = await alice!.worksheet("shared-one");
    const [everybody] = (await alice!.ask("GET", "groups/public")).data;
    const [group] = (await alice!.ask("POST", "groups", named("groups", "friends"))).data;
    await alice!.ask("POST", "groups/friends/relationships/members", ids("users", bob!.id));
    const permission = async (client: Client) => (await read(client, uuid)).data[0]!.attributes["permission_spec"];
    assert.deepEqual(await Promise.all([alice!, bob!, lab.nobody, root!].map(permission)), [
      "all",
      "read",
      "read",
      "all",
    ]);
    const refusal = await bob!.refused(403, "NOT_ALLOWED", "PATCH", "worksheets", change(uuid, { title: "Mine" }));
    assert.match(refusal, /sufficient permissions on worksheet 0x\w{32} \(have read, need all\)/);
    await bob!.refused(403, "NOT_ALLOWED", "POST", "worksheet-permissions", shared(uuid, group!.id, 2));
    await alice!.ask("POST", "worksheet-permissions", shared(uuid, everybody!.id, 0));
    await lab.nobody.refused(403, "NOT_ALLOWED", "GET", `worksheets/${uuid}`);
    await alice!.ask("POST", "worksheet-permissions", shared(uuid, "friends", 2));
    await bob!.ask("PATCH", "worksheets", change(uuid, { title: "Ours", tags: ["über", "b"] }));
    const shown = await read(bob!, uuid, "owner,group_permissions");
    assert.equal(shown.data[0]!.attributes["title"], "Ours");
    assert.deepEqual(shown.data[0]!.attributes["tags"], ["über", "b"]);
    assert.deepEqual(
      shown.included!.map(({ type, attributes }) => [type, attributes["group_name"] ?? attributes["user_name"]]),
      [
        ["users", alice!.username],
        ["worksheet-permissions", "friends"],
      ],
    );
    const { rows } = await sql<{ kind: string }>`
      select kind from audit_events where subject_id = ${uuid} order by id`.execute(lab.inside.db);
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ["worksheet.shared", "worksheet.shared"],
    );
  });

  it("keep the order of their items, and new ones come to the end or behind a place (W-13)", async () => {
    const uuid = await alice!.worksheet("ordered");
    await add(alice!, uuid, text("one"), text("two"));
    await add(alice!, uuid, text("display table", "directive"));
    const before = await read(alice!, uuid);
    const { sort_key: after } = before.included![0]!.attributes;
    const place = { items: ["a", "b", "c"], after_sort_key: after };
    await alice!.ask("POST", `worksheets/${uuid}/add-items`, place);
    const order = ["markup one", "markup a", "markup b", "markup c", "markup two", "directive display table"];
    assert.deepEqual(itemsOf(await read(alice!, uuid)), order);
    await add(alice!, uuid, text("last"));
    assert.deepEqual(itemsOf(await read(alice!, uuid)), [...order, "markup last"]);
    // `cl` takes an item off by sending all the others.
    const many = Array.from({ length: 3000 }, (_, number) => text(`line ${number}`));
    await alice!.ask("POST", `worksheet-items?uuid=${uuid}&replace=1`, { data: many });
    assert.equal(itemsOf(await read(alice!, uuid)).at(-1), "markup line 2999");
    const few = [...order, "markup last"].map((line) => text(line.slice(line.indexOf(" ") + 1)));
    await alice!.ask("POST", `worksheet-items?uuid=${uuid}&replace=1`, { data: few });
    const gone = (await read(alice!, uuid)).included!.slice(0, 6).map(({ id }) => id);
    await alice!.ask("POST", `worksheets/${uuid}/add-items`, { ids: gone });
    assert.deepEqual(itemsOf(await read(lab.nobody, uuid)), ["markup last"]);
  });

  it("are replaced by a source, without losing what was added meanwhile (W-14)", async () => {
    const uuid = await alice!.worksheet("sourced");
    const bundle = await alice!.bundle(uuid, "data");
    await add(alice!, uuid, text("old"));
    const seen = (await read(alice!, uuid)).data[0]!.attributes["last_item_id"];
    const later = await alice!.bundle(uuid, "later");
    const source = `# Title\n\n// a comment\n% display table\n[dataset data]{data}\n[worksheet]{{no-such-worksheet}}`;
    assert.equal((await raw(alice!, uuid, source, `?last_item_id=${seen}`)).status, 204);
    assert.deepEqual(itemsOf(await read(alice!, uuid)), [
      "markup # Title",
      "markup ",
      "directive % ' a comment'",
      "directive display table",
      bundle,
      "markup ERROR: No worksheet found with name 'no-such-worksheet'",
      later,
    ]);
    const failed = await raw(alice!, uuid, "[]{no-such-bundle}");
    assert.deepEqual([failed.status, failed.text], [404, "bundle spec no-such-bundle doesn't match any bundles"]);
    assert.equal(itemsOf(await read(alice!, uuid)).length, 7, "nothing is lost");
    assert.equal((await raw(bob!, uuid, "mine")).status, 403);
    assert.equal((await raw(alice!, uuid, "")).status, 204);
    assert.deepEqual(itemsOf(await read(alice!, uuid)), []);
  });

  it("are saved only as they were seen, if whoever saves says what they have seen (W-132)", async () => {
    const uuid = await alice!.worksheet("seen");
    assert.equal((await raw(alice!, uuid, "one\ntwo")).status, 204);
    const seen = async () => {
      const { attributes } = (await read(alice!, uuid)).data[0]!;
      return `?last_item_id=${attributes["last_item_id"]}&items=${itemsOf(await read(alice!, uuid)).length}`;
    };
    const before = await seen();
    assert.equal((await raw(alice!, uuid, "one\n2", before)).status, 204);
    const replaced = await raw(alice!, uuid, "1\ntwo", before);
    assert.deepEqual([replaced.status, replaced.headers.get("x-error-code")], [409, "WORKSHEET_CHANGED"]);
    const again = await seen();
    await add(alice!, uuid, text("three"));
    assert.equal((await raw(alice!, uuid, "", again)).status, 409, "something was added");
    const longer = await seen();
    const removed = { ids: (await read(alice!, uuid)).data[0]!.relationships!["items"] };
    const [first] = (removed.ids as { data: { id: string }[] }).data;
    await alice!.send("POST", `worksheets/${uuid}/add-items`, { ids: [first!.id] });
    assert.equal((await raw(alice!, uuid, "", longer)).status, 409, "something was deleted");
    assert.equal((await raw(alice!, uuid, "all new", await seen())).status, 204);
    assert.deepEqual(itemsOf(await read(alice!, uuid)), ["markup all new"]);
  });

  it("change in no way while they are frozen, until the same request unfreezes them (W-15)", async () => {
    const uuid = await alice!.worksheet("frozen");
    await alice!.ask("PATCH", "worksheets", change(uuid, { frozen: "now" }));
    assert.match(String((await read(alice!, uuid)).data[0]!.attributes["frozen"]), /^\d{4}-/);
    await alice!.refused(403, "FROZEN", "POST", `worksheet-items?uuid=${uuid}`, { data: [text("no")] });
    await alice!.refused(403, "FROZEN", "PATCH", "worksheets", change(uuid, { title: "no" }));
    await alice!.refused(403, "FROZEN", "POST", "worksheet-permissions", shared(uuid, "public", 0));
    await alice!.refused(400, "FROZEN", "DELETE", "worksheets", ids("worksheets", uuid));
    assert.equal((await raw(alice!, uuid, "no")).status, 403);
    await alice!.ask("PATCH", "worksheets", change(uuid, { frozen: null, title: "yes" }));
    assert.equal((await read(alice!, uuid)).data[0]!.attributes["title"], "yes");
  });

  it("hide their owner from readers while they are anonymous (W-16)", async () => {
    const uuid = await alice!.worksheet("nameless");
    await alice!.ask("PATCH", "worksheets", change(uuid, { is_anonymous: true }));
    const shown = await read(bob!, uuid, "owner,group_permissions");
    assert.deepEqual(shown.data[0]!.relationships!["owner"], { data: null });
    assert.deepEqual(shown.included, []);
    const own = await read(alice!, uuid, "owner");
    assert.deepEqual(own.data[0]!.relationships!["owner"], link("users", alice!.id));
    assert.equal(own.included!.length, 1);
  });

  it("are given away, and deleted when they are empty or by force (W-17)", async () => {
    const uuid = await alice!.worksheet("deleted");
    await add(alice!, uuid, text("something"));
    await alice!.refused(400, "NOT_EMPTY", "DELETE", "worksheets", ids("worksheets", uuid));
    await alice!.ask("PATCH", "worksheets", change(uuid, {}, { owner: link("users", bob!.id) }));
    await alice!.refused(403, "NOT_ALLOWED", "DELETE", "worksheets?force=1", ids("worksheets", uuid));
    const bundle = await bob!.bundle(uuid, "stays");
    assert.deepEqual(await bob!.ask("DELETE", "worksheets?force=1", ids("worksheets", uuid)), { data: [], meta: {} });
    await bob!.refused(404, "NO_SUCH_WORKSHEET", "GET", `worksheets/${uuid}`);
    await bob!.ask("GET", `bundles/${bundle}`);
  });

  it("are made once, although cl repeats a request that got no answer (W-18)", async () => {
    const { createOnce } = await import("../../../lambdas/worksheets/service/repeats.ts");
    const actor = { kind: "user", id: Number(alice!.id), username: alice!.username } as never;
    const uuid = await alice!.worksheet("repeated");
    const answer = { uuids: [uuid] };
    const request = { create: "worksheets", names: ["repeated"] };
    // As if the process had ended after the commit and before the answer.
    const lost = { ...lab.inside, db: lab.inside.db };
    await createOnce(lost, actor, request, () => Promise.resolve(answer));
    await sql`insert into worksheet_creations (user_id, request_hash, answer, created_when)
      select ${Number(alice!.id)}, sha256(convert_to(${JSON.stringify(request)}, 'UTF8')), ${JSON.stringify(answer)}::jsonb,
        now() - interval '1 second'`.execute(lab.inside.db);
    const again = await alice!.ask("POST", "worksheets", named("worksheets", "repeated"));
    assert.equal(again.data[0]!.id, uuid);
    await alice!.refused(400, "NAME_TAKEN", "POST", "worksheets", named("worksheets", "repeated"));
  });

  it("are saved whatever their size if their source is packed, as the web application does it (W-148)", async () => {
    const uuid = await alice!.worksheet("of-a-long-source");
    const line = (index: number) => `${index} ${"Lorem ipsum dolor sit amet. ".repeat(40)}`;
    const source = Array.from({ length: 12_000 }, (_, index) => line(index)).join("\n");
    assert.ok(source.length > 12e6);
    const put = async (body: string | ArrayBuffer, headers: Record<string, string>, client = alice!) => {
      const authorization = client.access === "" ? {} : { authorization: `Bearer ${client.access}` };
      const url = `${lab.url}/rest/worksheets/${uuid}/raw`;
      const answer = await fetch(url, { method: "PUT", body, headers: { ...headers, ...authorization } });
      await answer.arrayBuffer();
      return `${answer.status} ${answer.headers.get("x-error-code") ?? ""}`.trim();
    };
    const { body, headers } = await textBody(source);
    assert.ok(typeof body !== "string" && body.byteLength < 6e6);
    assert.equal(await put(source, { "content-type": "text/plain" }), "413");
    assert.equal(await put(body, headers), "204");
    const { rows } = await sql<{ items: number; last: string }>`
      select count(*)::int as items, max(i.value) filter (where i.value like '11999 %') as last
      from worksheet_items i join worksheets w on w.id = i.worksheet_id where w.uuid = ${uuid}`.execute(lab.inside.db);
    assert.deepEqual(rows, [{ items: 12_000, last: line(11_999) }]);
    // What is refused changes nothing, and nobody has anything unpacked who has not logged in.
    const bomb = (await textBody(" ".repeat(40 * 1024 ** 2))).body;
    assert.equal(await put(bomb, headers), "413 SOURCE_TOO_LARGE");
    assert.equal(await put("no gzip", headers), "400 MALFORMED_BODY");
    assert.equal(await put("x", { "content-encoding": "br" }), "400 UNSUPPORTED_ENCODING");
    assert.match(await put(bomb, headers, lab.nobody), /^403 /);
    assert.deepEqual(await textBody("short"), { headers: { "content-type": "text/plain" }, body: "short" });
  });
});
