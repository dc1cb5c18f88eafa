/** Logging in as `cl` does, people, groups, quotas and protected mode. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { send } from "../../support/http.ts";
import { askToken, basic, ids, link, named, openRestLab, type Client, type RestLab } from "./rest-lab.ts";

describe("people of worksheets", () => {
  let lab: RestLab;
  let [root, alice, bob]: Client[] = [];
  beforeAll(async () => {
    lab = await openRestLab({ worksheets: { protectedMode: false } });
    root = await lab.log(lab.admin);
    [alice, bob] = [await lab.newClient(), await lab.newClient()];
  });
  afterAll(() => lab.close());

  it("log in with a password and stay logged in by a refresh token, which several processes share (W-1)", async () => {
    const person = await lab.newPerson();
    const { username, password } = person;
    const granted = await askToken(lab.url, { grant_type: "password", username, password });
    const { access_token, refresh_token, ...rest } = granted.body;
    assert.deepEqual(rest, { expires_in: 3600, token_type: "Bearer", scope: "default" });
    assert.equal(granted.headers.get("content-type"), "application/json");
    const again = await Promise.all(
      [1, 2].map(() => askToken(lab.url, { grant_type: "refresh_token", refresh_token: String(refresh_token) })),
    );
    for (const { status, body } of again) {
      assert.equal(status, 200);
      assert.equal(body["refresh_token"], refresh_token);
      assert.notEqual(body["access_token"], access_token);
    }
    const elsewhere = await send("GET", `${lab.url}/api/my_profile/`, { authorization: `Bearer ${access_token}` });
    assert.equal(elsewhere.status, 403, "it opens worksheets only");
  });

  it("are told what is wrong with a login as OAuth2 does", async () => {
    const { username, password } = await lab.newPerson();
    const wrong = await askToken(lab.url, { grant_type: "password", username, password: "not it" });
    assert.deepEqual([wrong.status, wrong.body["error"]], [401, "invalid_grant"]);
    const unknown = await askToken(lab.url, { grant_type: "refresh_token", refresh_token: "bsr_x" });
    assert.deepEqual([unknown.status, unknown.body["error"]], [401, "invalid_grant"]);
    const nobody = `Basic ${Buffer.from("other:").toString("base64")}`;
    const client = await askToken(lab.url, { grant_type: "password", username, password }, nobody);
    assert.deepEqual([client.status, client.body["error"]], [401, "invalid_client"]);
    const kind = await askToken(lab.url, { grant_type: "implicit" });
    assert.deepEqual([kind.status, kind.body["error"]], [400, "unsupported_grant_type"]);
  });

  it("may send an API token in the place of the password, and see and end the logins of cl (W-2)", async () => {
    const person = await lab.newPerson();
    const made = await person.send("POST", "/api/tokens/", { json: { name: "for cl" } });
    const password = String(made.body["token"]);
    const { status, body } = await askToken(lab.url, { grant_type: "password", username: person.username, password });
    assert.equal(status, 200);
    const limited = await person.send("POST", "/api/tokens/", { json: { name: "limited", scopes: ["read"] } });
    const form = { grant_type: "password", username: person.username, password: String(limited.body["token"]) };
    assert.equal((await askToken(lab.url, form)).status, 401);
    assert.equal((await askToken(lab.url, { ...form, username: "somebody", password })).status, 401);

    const listed = (await person.send("GET", "/api/tokens/")).body as unknown as { id: string; name: string }[];
    const login = listed.find(({ name }) => name === "cl")!;
    assert.equal((await person.send("DELETE", `/api/tokens/${login.id}/`)).status, 204);
    const form2 = { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) };
    assert.equal((await askToken(lab.url, form2)).status, 401);
    const asked = await send("GET", `${lab.url}/rest/user`, { authorization: `Bearer ${body["access_token"]}` });
    assert.equal(asked.status, 401);
  });

  it("end a token themselves", async () => {
    const client = await lab.newClient();
    const content = { form: { token: client.refresh } };
    assert.equal((await send("POST", `${lab.url}/rest/oauth2/revoke`, { authorization: basic, content })).status, 200);
    assert.equal((await askToken(lab.url, { grant_type: "refresh_token", refresh_token: client.refresh })).status, 401);
  });

  it("get a text and 401 when nobody has logged in, and a text for what does not exist (W-3)", async () => {
    assert.match(await lab.nobody.refused(401, "NOT_LOGGED_IN", "GET", "user"), /credentials/);
    await lab.nobody.refused(404, "NO_SUCH_ROUTE", "GET", "nothing/here");
  });

  it("see their own record, and others less of it", async () => {
    const own = (await alice!.ask("GET", "user")).data[0]!.attributes;
    assert.equal(own["user_name"], alice!.username);
    assert.equal(own["is_root_user"], false);
    assert.equal(own["time_quota"], 365 * 86_400);
    assert.match(String(own["date_joined"]), /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
    const other = (await bob!.ask("GET", `users/${alice!.username}`)).data[0]!.attributes;
    assert.deepEqual(
      ["email", "disk_quota", "is_verified"].filter((name) => name in other),
      [],
    );
    const all = (await root!.ask("GET", `users/${alice!.id}`)).data[0]!.attributes;
    assert.equal(all["disk_quota"], 15e9);
    assert.equal((await root!.ask("GET", "user")).data[0]!.attributes["is_root_user"], true);
    await bob!.refused(404, "NO_SUCH_USER", "GET", "users/nobody-of-that-name");
  });

  it("change their own names, and nothing that is root's (W-4)", async () => {
    const change = (attributes: object) => ({ data: { type: "users", id: alice!.id, attributes } });
    const changed = await alice!.ask("PATCH", "user", change({ first_name: "Alice", affiliation: "Here" }));
    assert.equal(changed.data[0]!.attributes["affiliation"], "Here");
    await alice!.refused(403, "READ_ONLY", "PATCH", "user", change({ disk_quota: 1 }));
    const quota = { data: [{ type: "users", id: alice!.id, attributes: { time_quota: 5, disk_quota: 12 } }] };
    await alice!.refused(403, "NOT_ALLOWED", "PATCH", "users", quota);
    const set = (await root!.ask("PATCH", "users", quota)).data[0]!.attributes;
    assert.deepEqual([set["time_quota"], set["disk_quota"]], [5, 12]);
    const access = { data: [{ type: "users", id: alice!.id, attributes: { has_access: true } }] };
    await root!.refused(400, "NOT_PROTECTED", "PATCH", "users", access);
  });

  it("make groups, which their administrators change and everybody else does not (W-5)", async () => {
    const [group] = (await bob!.ask("POST", "groups", named("groups", "lab"))).data;
    await alice!.refused(409, "NAME_TAKEN", "POST", "groups", named("groups", "lab"));
    await bob!.refused(400, "NOT_UNDERSTOOD", "POST", "groups", named("groups", "1 lab"));
    await alice!.refused(403, "NOT_ALLOWED", "POST", "groups/lab/relationships/members", ids("users", alice!.id));
    await bob!.ask("POST", "groups/lab/relationships/members", ids("users", alice!.id));
    await bob!.refused(400, "IS_OWNER", "POST", "groups/lab/relationships/members", ids("users", bob!.id));
    const shown = (await alice!.ask("GET", `groups/${group!.id.slice(0, 12)}`)).data[0]!;
    assert.deepEqual(shown.relationships!["members"], { data: [{ type: "users", id: alice!.id }] });
    assert.deepEqual(
      (await alice!.ask("GET", "groups")).data.map(({ id }) => id),
      [group!.id],
    );
    await bob!.ask("POST", "groups/lab/relationships/admins", ids("users", alice!.id));
    await alice!.ask("DELETE", "groups/lab/relationships/members", ids("users", alice!.id));
    assert.deepEqual((await alice!.ask("GET", "groups")).data, []);
    const everybody = (await alice!.ask("GET", "groups/public")).data[0]!;
    assert.equal(everybody.attributes["user_defined"], false);
    assert.deepEqual(everybody.relationships!["owner"], { data: null });
    await root!.refused(403, "NOT_ALLOWED", "DELETE", "groups", ids("groups", "public"));
    await bob!.ask("DELETE", "groups", ids("groups", group!.id));
    await bob!.refused(404, "NO_SUCH_GROUP", "GET", "groups/lab");
  });

  it("whose quota is spent make no bundle, and one quota holds for worksheets and competitions (W-6)", async () => {
    const person = await lab.newPerson();
    const carol = await lab.log(person);
    const worksheet = await carol.worksheet("quota-of-carol");
    const used = async () => (await carol.ask("GET", "user")).data[0]!.attributes["disk_used"];
    assert.equal(await used(), 0);
    const uuid = await carol.bundle(worksheet, "big");
    const announced = { type: "user/increment_disk_used", attributes: { disk_used_increment: 12, bundle_uuid: uuid } };
    await carol.ask("PATCH", "user/increment_disk_used", { data: [announced] });
    assert.equal(await used(), 12);
    // The upload ends: what it announced and what it has do not both count.
    await sql`update bundles set state = 'ready', data_size = 12 where uuid = ${uuid}`.execute(lab.inside.db);
    assert.equal(await used(), 12);
    const quota = await person.send("GET", "/api/user_quota/");
    assert.equal(quota.body["storage_used"], 12);
    await root!.ask("PATCH", "users", { data: [{ type: "users", id: carol.id, attributes: { disk_quota: 10 } }] });
    const create = { data: [{ type: "bundles", attributes: { bundle_type: "make", metadata: { name: "m" } } }] };
    const text = await carol.refused(400, "QUOTA_EXCEEDED", "POST", `bundles?worksheet=${worksheet}`, create);
    assert.equal(text, "Out of disk quota: 12 bytes / 10 bytes (120.0%)");
    await carol.ask("DELETE", "bundles", ids("bundles", uuid));
    assert.equal(await used(), 0);
  });

  it("without access are kept out in protected mode, also from reading (W-7)", async () => {
    const worksheet = await bob!.worksheet("open-to-all");
    const { WORKSHEETS } = lab.inside.environment;
    WORKSHEETS.protectedMode = true;
    try {
      await lab.nobody.refused(401, "NOT_LOGGED_IN", "GET", `worksheets/${worksheet}`);
      await bob!.refused(401, "NO_ACCESS", "GET", `worksheets/${worksheet}`);
      await bob!.refused(401, "NO_ACCESS", "POST", "worksheets", named("worksheets", "another"));
      assert.equal((await bob!.ask("GET", "user")).data[0]!.attributes["protected_mode"], true);
      await root!.ask("GET", `worksheets/${worksheet}`);
      const access = { data: [{ type: "users", id: bob!.id, attributes: { has_access: true } }] };
      await sql`update users set confirmed_email = null where id = ${Number(bob!.id)}`.execute(lab.inside.db);
      await root!.refused(400, "NOT_VERIFIED", "PATCH", "users", access);
      await sql`update users set confirmed_email = email where id = ${Number(bob!.id)}`.execute(lab.inside.db);
      await root!.ask("PATCH", "users", access);
      await bob!.ask("GET", `worksheets/${worksheet}`);
    } finally {
      WORKSHEETS.protectedMode = false;
    }
  });

  it("leave only what others need, and an export has what is theirs (W-8)", async () => {
    const { worksheetBelongings } = await import("../../../lambdas/worksheets/service/belongings.ts");
    const [dora, eve] = [await lab.newClient(), await lab.newClient()];
    const own = await dora.worksheet("of-dora");
    const others = await eve.worksheet("of-eve");
    const [alone, shown, parent] = [
      await dora.bundle(own, "alone"),
      await dora.bundle(own, "shown"),
      await dora.bundle(own, "parent"),
    ];
    const item = { type: "worksheet-items", attributes: { type: "bundle" } };
    const on = { ...item, relationships: { worksheet: link("worksheets", others), bundle: link("bundles", shown) } };
    await eve.ask("POST", `worksheet-items?uuid=${others}`, { data: [on] });
    const dependencies = [{ child_path: "p", parent_uuid: parent, parent_path: "" }];
    await eve.bundle(others, "child", { type: "make", dependencies });
    const documents = worksheetBelongings.documents(lab.inside, {
      kind: "user",
      id: Number(dora.id),
      username: dora.username,
    } as never);
    const read = async (name: string) => {
      const rows: unknown[] = [];
      for await (const row of documents[name]!()) rows.push(row);
      return rows.length;
    };
    assert.deepEqual([await read("worksheets"), await read("worksheet-bundles")], [1, 3]);
    await worksheetBelongings.erase(lab.inside, Number(dora.id));
    await eve.refused(404, "NO_SUCH_WORKSHEET", "GET", `worksheets/${own}`);
    await eve.refused(404, "NO_SUCH_BUNDLE", "GET", `bundles/${alone}`);
    for (const uuid of [shown, parent]) await eve.ask("GET", `bundles/${uuid}`);
  });
});
