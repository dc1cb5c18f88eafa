/** Bundles of worksheets: making, finding, changing and deleting them. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { ids, link, named, newBundle, openRestLab, type Client, type RestLab } from "./rest-lab.ts";

describe("bundles of worksheets", () => {
  let lab: RestLab;
  let [alice, bob]: Client[] = [];
  let worksheet: string;
  beforeAll(async () => {
    lab = await openRestLab();
    [alice, bob] = [await lab.newClient(), await lab.newClient()];
    worksheet = await alice!.worksheet("of-bundles");
  });
  afterAll(() => lab.close());

  const change = (uuid: string, attributes: object, relationships: object = {}) => ({
    data: [{ type: "bundles", id: uuid, attributes, relationships }],
  });
  const found = async (client: Client, query: string) =>
    (await client.ask("GET", `bundles?${query}`)).data.map(({ id }) => id);
  const setState = (uuid: string, state: string) =>
    sql`update bundles set state = ${state} where uuid = ${uuid}`.execute(lab.inside.db);
  const attributes = async (client: Client, uuid: string) =>
    (await client.ask("GET", `bundles/${uuid}`)).data[0]!.attributes;
  const metadata = async (uuid: string) => (await attributes(alice!, uuid))["metadata"] as Record<string, unknown>;
  const from = (...parents: string[]) =>
    parents.map((parent_uuid, index) => ({ child_path: `p${index}`, parent_uuid, parent_path: "" }));

  it("are made with all that cl reads of them, in the state that their type wants (W-20)", async () => {
    const data = await alice!.bundle(worksheet, "a.txt");
    const document = newBundle("run", "r", {
      command: "cat a.txt",
      dependencies: [{ child_path: "a.txt", parent_uuid: data, parent_path: "" }],
    });
    const [run] = (await alice!.ask("POST", `bundles?worksheet=${worksheet}`, document)).data;
    const shown = await attributes(alice!, run!.id);
    assert.deepEqual(shown["dependencies"], [
      {
        child_uuid: run!.id,
        child_path: "a.txt",
        parent_uuid: data,
        parent_path: "",
        parent_name: "a.txt",
        parent_state: "uploading",
      },
    ]);
    assert.equal(shown["state"], "created");
    assert.equal(shown["args"], `run a.txt:${data} "cat a.txt" --request-memory 2g --request-cpus 1 --request-network`);
    assert.equal(shown["permission_spec"], "all");
    const { created, ...more } = shown["metadata"] as Record<string, unknown>;
    assert.ok(Math.abs(Number(created) - Date.now() / 1000) < 600);
    assert.deepEqual([more["name"], more["data_size"], more["tags"], more["actions"]], ["r", 0, [], []]);
    assert.equal((await attributes(alice!, data))["state"], "uploading");
    const linked = await alice!.bundle(worksheet, "linked", { metadata: { link_url: "/data" } });
    assert.equal((await attributes(alice!, linked))["state"], "ready");
    const waiting = await alice!.ask(
      "POST",
      `bundles?worksheet=${worksheet}&wait_for_upload=1`,
      newBundle("make", "m"),
    );
    assert.equal(waiting.data[0]!.attributes["state"], "uploading");
  });

  it("are refused with a sentence when something is missing, unknown or of the wrong type (W-21)", async () => {
    const refuse = (document: object, path = `bundles?worksheet=${worksheet}`) =>
      alice!.refused(400, "NOT_UNDERSTOOD", "POST", path, document);
    assert.equal(
      await refuse(newBundle("dataset", "1 name")).then((text) => text.slice(0, 21)),
      "Invalid name '1 name'",
    );
    const other = newBundle("dataset", "x", { metadata: { nonsense: 1 } });
    assert.equal(await refuse(other), "Unexpected metadata key: nonsense");
    const memory = newBundle("run", "x", { command: "x", metadata: { request_memory: "lots" } });
    assert.match(await refuse(memory), /Invalid size: lots/);
    const cpus = newBundle("run", "x", { command: "x", metadata: { request_cpus: "2" } });
    assert.match(await refuse(cpus), /request_cpus should be of type int, was "2"/);
    const missing = { data: [{ type: "bundles", attributes: { bundle_type: "dataset", metadata: { name: "x" } } }] };
    assert.equal(await refuse(missing), "Missing metadata key: description");
    const twice = newBundle("run", "x", {
      command: "x",
      dependencies: [
        { child_path: "a", parent_uuid: `0x${"0".repeat(32)}`, parent_path: "" },
        { child_path: "a/b", parent_uuid: `0x${"0".repeat(32)}`, parent_path: "" },
      ],
    });
    assert.match(await refuse(twice), /ancestor/);
    await alice!.refused(400, "INVALID", "POST", "bundles", newBundle("dataset", "x"));
    await bob!.refused(403, "NOT_ALLOWED", "POST", `bundles?worksheet=${worksheet}`, newBundle("dataset", "x"));
    await alice!.refused(400, "INVALID", "GET", "bundles");
    assert.deepEqual(await found(alice!, `worksheet=${worksheet}&specs=x`).catch(() => []), []);
  });

  it("take UTF-8, unless the platform is set up as the reference is (W-22)", async () => {
    const uuid = await alice!.bundle(worksheet, "utf8", { metadata: { description: "größer 你好", tags: ["ü"] } });
    assert.equal((await metadata(uuid))["description"], "größer 你好");
    const { WORKSHEETS } = lab.inside.environment;
    WORKSHEETS.asciiOnly = true;
    try {
      const text = await alice!.refused(
        400,
        "NOT_UNDERSTOOD",
        "PATCH",
        "bundles",
        change(uuid, { metadata: { description: "ü" } }),
      );
      assert.equal(text, "Unsupported character detected, use ascii characters");
    } finally {
      WORKSHEETS.asciiOnly = false;
    }
  });

  it("are named by name, position, prefix and worksheet, in the order of the specs and as often (W-23)", async () => {
    const own = await bob!.worksheet("of-specs");
    const [one, two, three] = [
      await bob!.bundle(own, "same"),
      await bob!.bundle(own, "other"),
      await bob!.bundle(own, "same"),
    ];
    const specs = (...all: string[]) =>
      `worksheet=${own}&${all.map((spec) => `specs=${encodeURIComponent(spec)}`).join("&")}`;
    assert.deepEqual(await found(bob!, specs("same", "same^2", "^2", "^", "oth%", "same", one!.slice(0, 14))), [
      ...[three, one, two, three, two, three, one],
    ]);
    assert.deepEqual(await found(alice!, `specs=${encodeURIComponent("of-specs//other")}`), [two]);
    await bob!.refused(400, "OUT_OF_BOUNDS", "GET", `bundles?${specs("^4")}`);
    await bob!.refused(404, "NO_SUCH_BUNDLE", "GET", `bundles?${specs("missing")}`);
    await bob!.refused(404, "NO_SUCH_BUNDLE", "GET", `bundles?${specs(`0x${"f".repeat(32)}`)}`);
    const detached = await bob!.ask("POST", "bundles?detached=1", newBundle("dataset", "secret"));
    const { id } = detached.data[0]!;
    await alice!.refused(404, "NO_SUCH_BUNDLE", "GET", `bundles?specs=${id.slice(0, 20)}`);
    await alice!.refused(404, "NO_SUCH_BUNDLE", "GET", "bundles?specs=secret");
  });

  it("that somebody may not read are told apart by their uuid only (W-24)", async () => {
    const [everybody] = (await alice!.ask("GET", "groups/public")).data;
    const secret = await alice!.bundle(worksheet, "hidden");
    const relationships = { group: link("groups", everybody!.id), bundle: link("bundles", secret) };
    const none = { data: [{ type: "bundle-permissions", attributes: { permission: 0 }, relationships }] };
    await bob!.refused(403, "NOT_ALLOWED", "POST", "bundle-permissions", none);
    await alice!.ask("POST", "bundle-permissions", none);
    const shown = await attributes(bob!, secret);
    assert.deepEqual(
      [shown["bundle_type"], shown["permission"], shown["metadata"]],
      ["private", 0, { name: "<private>" }],
    );
    const whole = await bob!.ask("GET", `worksheets/${worksheet}?include=items,items.bundle`);
    assert.equal(whole.included!.find(({ id }) => id === secret)!.attributes["bundle_type"], "private");
    await bob!.refused(403, "NOT_ALLOWED", "GET", `bundles/${secret}/locations/`);
    await bob!.refused(403, "NOT_ALLOWED", "PATCH", "bundles", change(secret, { metadata: { name: "x" } }));
  });

  it("are changed all or none, each by its own values, and not what a run has begun with (W-25)", async () => {
    const [one, two] = [
      await alice!.bundle(worksheet, "one", { type: "run", command: "a" }),
      await alice!.bundle(worksheet, "two", { type: "run", command: "b" }),
    ];
    const both = (memory: string) => ({
      data: [
        { type: "bundles", id: two, attributes: { bundle_type: "run", metadata: { request_memory: memory } } },
        { type: "bundles", id: one, attributes: { bundle_type: "run", metadata: { description: "first" } } },
      ],
    });
    await alice!.ask("PATCH", "bundles", both("10m"));
    assert.equal((await metadata(two!))["request_memory"], "10m");
    assert.equal((await metadata(one!))["request_memory"], "2g");
    await setState(two!, "running");
    await alice!.ask("PATCH", "bundles", both("20m"));
    assert.equal((await metadata(two!))["request_memory"], "20m");
    const image = change(two!, { metadata: { request_docker_image: "other:1" } });
    await alice!.refused(400, "NOT_UNDERSTOOD", "PATCH", "bundles", image);
    const written = change(one!, { metadata: { exitcode: 1 } });
    await alice!.refused(400, "NOT_UNDERSTOOD", "PATCH", "bundles", written);
    const shown = await alice!.ask("GET", `bundles/${two}?include_display_metadata=1`);
    const { editable_metadata_keys: editable, metadata_type: types } = shown.data[0]!.meta as Record<string, unknown>;
    assert.deepEqual(editable, [
      ...["name", "description", "tags", "allow_failed_dependencies", "request_time", "request_memory"],
      ...["request_disk", "request_cpus", "request_gpus", "request_queue", "request_priority"],
    ]);
    assert.deepEqual((types as Record<string, string>)["time"], "duration");
  });

  it("are frozen in a final state only, and once (W-26)", async () => {
    const uuid = await alice!.bundle(worksheet, "ice");
    await alice!.refused(403, "NOT_FINAL", "PATCH", "bundles", change(uuid, { frozen: "now" }));
    await setState(uuid, "ready");
    await alice!.ask("PATCH", "bundles", change(uuid, { frozen: "now" }));
    await alice!.refused(403, "FROZEN", "PATCH", "bundles", change(uuid, { frozen: "now" }));
    await alice!.refused(403, "FROZEN", "PATCH", "bundles", change(uuid, { metadata: { name: "x" } }));
    await alice!.refused(403, "FROZEN", "DELETE", "bundles", ids("bundles", uuid));
    await alice!.ask("PATCH", "bundles", change(uuid, { frozen: null }));
    await alice!.ask("DELETE", "bundles", ids("bundles", uuid));
  });

  it("are deleted unless others need them, with all that was made from them, or only to see which (W-27)", async () => {
    const own = await bob!.worksheet("of-deletions");
    const parent = await bob!.bundle(own, "parent");
    const child = await bob!.bundle(own, "child", { type: "make", dependencies: from(parent) });
    const grandchild = await bob!.bundle(own, "grandchild", { type: "run", command: "x", dependencies: from(child) });
    const remove = (query: string, ...uuids: string[]) =>
      bob!.ask("DELETE", `bundles?${query}`, ids("bundles", ...uuids));
    const refusal = await bob!.refused(400, "HAS_CHILDREN", "DELETE", "bundles", ids("bundles", parent));
    assert.match(refusal, new RegExp(`${child}\\(child\\)`));
    assert.deepEqual((await remove("recursive=1&dry-run=1", parent)).meta["ids"], [parent, child, grandchild]);
    await bob!.ask("GET", `bundles/${grandchild}`);
    assert.deepEqual(await found(bob!, `specs=${parent}&depth=1`), [parent, child]);
    await setState(grandchild, "running");
    await bob!.refused(400, "ACTIVE", "DELETE", "bundles?recursive=1", ids("bundles", parent));
    await setState(grandchild, "failed");
    await sql`update bundles set data_size = 5, state = 'ready' where uuid = ${parent}`.execute(lab.inside.db);
    await remove("data-only=1&force=1", parent);
    const sizeOf = async () => ((await attributes(bob!, parent))["metadata"] as Record<string, unknown>)["data_size"];
    assert.equal(await sizeOf(), 0);
    await remove("recursive=1", parent);
    const items = await bob!.ask("GET", `worksheets/${own}?include=items`);
    assert.deepEqual(items.included, [], "they are on no worksheet any more");
  });

  it("on several worksheets, or on a frozen one, are not deleted by accident (W-28)", async () => {
    const [first, second] = [await bob!.worksheet("first-host"), await bob!.worksheet("second-host")];
    const uuid = await bob!.bundle(first, "guest");
    const item = { type: "worksheet-items", attributes: { type: "bundle" } };
    const on = { ...item, relationships: { worksheet: link("worksheets", second), bundle: link("bundles", uuid) } };
    await bob!.ask("POST", `worksheet-items?uuid=${second}`, { data: [on] });
    await bob!.refused(400, "ON_SEVERAL_WORKSHEETS", "DELETE", "bundles", ids("bundles", uuid));
    const hosts = await bob!.ask("GET", `bundles/${uuid}?include=host_worksheets,owner,group_permissions`);
    assert.deepEqual(
      (hosts.data[0]!.relationships!["host_worksheets"]!.data as { id: string }[]).map(({ id }) => id),
      [first, second],
    );
    await bob!.ask("PATCH", "worksheets", { data: [{ type: "worksheets", id: second, attributes: { frozen: 1 } }] });
    await bob!.refused(400, "ON_FROZEN_WORKSHEET", "DELETE", "bundles?force=1", ids("bundles", uuid));
  });

  it("are found again by command and dependencies, and only one's own (W-29)", async () => {
    const own = await bob!.worksheet("of-memory");
    const [a, b] = [await bob!.bundle(own, "a"), await bob!.bundle(own, "b")];
    const run = (command: string, ...parents: string[]) =>
      bob!.bundle(own, "r", { type: "run", command, dependencies: from(...parents) });
    const [first, second] = [await run("same", a!, b!), await run("same", a!, b!)];
    const [fewer, none] = [await run("same", a!), await run("same")];
    const like = (...parents: string[]) => {
      const wanted = from(...parents).map(({ child_path, parent_uuid }) => ({ child_path, parent_uuid }));
      return `command=same&dependencies=${encodeURIComponent(JSON.stringify(wanted))}`;
    };
    assert.deepEqual(await found(bob!, like(a!, b!)), [first, second]);
    assert.deepEqual(await found(bob!, like(a!)), [fewer]);
    assert.deepEqual(await found(bob!, "command=same"), [none]);
    assert.deepEqual(await found(alice!, like(a!)), []);
    await bob!.refused(400, "INVALID", "GET", "bundles?command=same&dependencies=no");
  });

  it("stand behind the one that they shadow, and behind a place (W-30)", async () => {
    const own = await bob!.worksheet("of-shadows");
    const [old, last] = [await bob!.bundle(own, "old"), await bob!.bundle(own, "last")];
    const shadow = (await bob!.ask("POST", `bundles?worksheet=${own}&shadow=${old}`, newBundle("make", "shadow")))
      .data[0]!.id;
    const shown = await bob!.ask("GET", `worksheets/${own}?include=items`);
    const keys = shown.included!.map(({ attributes: { sort_key } }) => Number(sort_key));
    const place = `bundles?worksheet=${own}&after_image=1&after_sort_key=${keys[0]! - 1}`;
    const before = (await bob!.ask("POST", place, newBundle("make", "before"))).data[0]!.id;
    const items = (await bob!.ask("GET", `worksheets/${own}?include=items`)).included!;
    assert.deepEqual(
      items.map(({ relationships }) => (relationships!["bundle"]!.data as { id: string } | null)?.id ?? ""),
      ["", before, old, shadow, last],
    );
  });

  it("and worksheets and groups leave a trail of who may do what, and of what is gone (W-12)", async () => {
    const [sheet, uuid] = [await alice!.worksheet("on-trail"), await alice!.bundle(worksheet, "on-trail")];
    const [group] = (await alice!.ask("POST", "groups", named("groups", "on-trail"))).data;
    const change = (type: string, id: string, attributes: object, relationships = {}) => ({
      data: [{ type, id, attributes, relationships }],
    });
    const members = ids("users", bob!.id);
    await alice!.ask("POST", `groups/${group!.id}/relationships/members`, members);
    await alice!.ask("DELETE", `groups/${group!.id}/relationships/members`, members);
    await alice!.ask("PATCH", "worksheets", change("worksheets", sheet, { is_anonymous: true }));
    await alice!.ask("PATCH", "bundles", change("bundles", uuid, { is_anonymous: true }));
    const shares = { bundle: link("bundles", uuid), group: link("groups", group!.id) };
    await alice!.ask("POST", "bundle-permissions", {
      data: [{ type: "bundle-permissions", attributes: { permission: 1 }, relationships: shares }],
    });
    await alice!.ask("DELETE", "bundles?data-only=1", ids("bundles", uuid));
    await alice!.ask("DELETE", "bundles?force=1", ids("bundles", uuid));
    await alice!.ask("DELETE", "worksheets?force=1", ids("worksheets", sheet));
    await alice!.ask("DELETE", "groups", ids("groups", group!.id));
    const kinds = async (subject: string) => {
      const events = await lab.inside.db
        .selectFrom("audit_events")
        .select("kind")
        .where("subject_id", "=", subject)
        .orderBy("id")
        .execute();
      return events.map(({ kind }) => kind);
    };
    assert.deepEqual(await kinds(uuid), [
      "bundle.changed",
      "bundle.shared",
      "bundle.contents_deleted",
      "bundle.deleted",
    ]);
    assert.deepEqual(await kinds(sheet), ["worksheet.changed", "worksheet.deleted"]);
    assert.deepEqual(await kinds(group!.id), [
      "group.created",
      "group.member_added",
      "group.member_removed",
      "group.deleted",
    ]);
  });

  it("that have not ended are killed, and others are not (W-31)", async () => {
    const uuid = await alice!.bundle(worksheet, "doomed", { type: "run", command: "sleep 1" });
    const kill = { data: [{ type: "bundle-actions", attributes: { type: "kill", uuid } }] };
    await bob!.refused(403, "NOT_ALLOWED", "POST", "bundle-actions", kill);
    assert.deepEqual((await alice!.ask("POST", "bundle-actions", kill)).data, [
      { type: "bundle-actions", id: null, attributes: { type: "kill", uuid } },
    ]);
    assert.deepEqual(
      [(await attributes(alice!, uuid))["state"], (await metadata(uuid))["actions"]],
      ["killed", ["kill"]],
    );
    await alice!.refused(400, "FINAL", "POST", "bundle-actions", kill);
    const write = {
      data: [{ type: "bundle-actions", attributes: { type: "write", uuid, subpath: "a", string: "b" } }],
    };
    await alice!.refused(400, "FINAL", "POST", "bundle-actions", write);
    const other = await alice!.bundle(worksheet, "not-begun");
    const attributes_ = { type: "write", uuid: other, subpath: "a", string: "b" };
    await alice!.refused(400, "NOT_RUNNING", "POST", "bundle-actions", {
      data: [{ type: "bundle-actions", attributes: attributes_ }],
    });
  });

  it("are in no store that people could choose (W-32)", async () => {
    const uuid = await alice!.bundle(worksheet, "stored");
    assert.deepEqual((await alice!.ask("GET", `bundles/${uuid}/locations/`)).data, []);
    const ask = { data: [{ type: "bundle_locations", attributes: { bundle_uuid: uuid, bundle_store_uuid: null } }] };
    const [place] = (await alice!.ask("POST", `bundles/${uuid}/locations/?need_bypass=1&is_dir=0`, ask)).data;
    const addresses = { bundle_conn_str: null, index_conn_str: null, bundle_url: null };
    assert.deepEqual(place!.attributes, { bundle_uuid: uuid, ...addresses });
    assert.deepEqual((await alice!.ask("GET", "bundle_stores")).data, []);
    await alice!.refused(404, "NO_SUCH_STORE", "GET", "bundle_stores?name=mine");
    await alice!.refused(400, "ONE_STORE", "POST", "bundle_stores", {
      data: [{ type: "bundle_stores", attributes: {} }],
    });
  });

  it("hide who made them from readers while they are anonymous (W-33)", async () => {
    const uuid = await alice!.bundle(worksheet, "nameless", { type: "run", command: "x" });
    await alice!.ask("PATCH", "bundles", change(uuid, { is_anonymous: true }));
    const shown = await bob!.ask("GET", `bundles/${uuid}?include=owner,group_permissions`);
    assert.deepEqual(shown.data[0]!.relationships!["owner"], { data: null });
    assert.deepEqual(shown.included, []);
    const told = shown.data[0]!.attributes["metadata"] as Record<string, unknown>;
    assert.equal("request_docker_image" in told, false);
  });
});
