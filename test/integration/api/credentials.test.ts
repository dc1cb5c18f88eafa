import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { insertWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import { inDays } from "../../support/competitions.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";

describe("credentials", () => {
  let platform: TestPlatform;
  let ada: Person;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    ada = await platform.newPerson();
  });
  afterAll(() => platform.close());

  const profile = (authorization: string) => () => platform.send("GET", "/api/my_profile/", { authorization });

  it("that are wrong: BAD_LOGIN, the same whether or not the account exists", async () => {
    const login = (username: string) => () =>
      platform.send("POST", "/api/api-token-auth/", { content: { json: { username, password: "not the password" } } });
    const known = await platform.refuses(login(ada.username), 400, "BAD_LOGIN");
    const unknown = await platform.refuses(login("nobody-of-that-name"), 400, "BAD_LOGIN");
    assert.deepEqual({ ...known, request_id: "" }, { ...unknown, request_id: "" });
    assert.deepEqual(known["non_field_errors"], ["Unable to log in with provided credentials."]);
  });

  it("that are too long to be anybody's, or in a body that no login needs: refused before any work (A-140)", async () => {
    const login = (password: string) => () =>
      platform.send("POST", "/api/api-token-auth/", { content: { json: { username: ada.username, password } } });
    await platform.refuses(login("a".repeat(1001)), 400, "INVALID", /password/);
    await platform.refuses(login("\u0301".repeat(50_000)), 413, "BODY_TOO_LARGE", /64 KiB/);
    const field = `username=${ada.username}&`.repeat(30_000);
    const repeated = () =>
      platform.send("POST", "/accounts/login/", { content: { raw: field, type: "application/x-www-form-urlencoded" } });
    await platform.refuses(repeated, 413, "BODY_TOO_LARGE");
  });

  it("that are right, with the username or the mail address: a token for the Authorization header (A-10)", async () => {
    const { username, password } = ada;
    for (const name of [username, `${username}@example.org`]) {
      const login = await platform.send<{ token: string }>("POST", "/api/api-token-auth/", {
        content: { form: { username: name, password } },
      });
      const { body } = await profile(`Token ${login.body.token}`)();
      assert.deepEqual([login.status, body["username"]], [200, username]);
    }
  });

  it("that nobody issued, or in another form: BAD_TOKEN, BAD_AUTHORIZATION, also where none are needed (A-4)", async () => {
    await platform.refuses(profile(`Token ${newToken("bst").token}`), 403, "BAD_TOKEN");
    await platform.refuses(profile(`Bearer ${newToken("bsw").token}`), 401, "BAD_TOKEN");
    await platform.refuses(profile(`Token ${ada.token}x`), 403, "BAD_TOKEN");
    await platform.refuses(profile("Basic YWRtaW46YWRtaW4="), 403, "BAD_AUTHORIZATION");
    await platform.refuses(profile("Token"), 403, "BAD_AUTHORIZATION");
    const list = () => platform.send("GET", "/api/competitions/", { authorization: "Token nonsense" });
    await platform.refuses(list, 403, "BAD_TOKEN");
  });

  it("that have expired: TOKEN_EXPIRED, and where to get new ones (A-11)", async () => {
    const person = await platform.newPerson();
    await platform.inside.db
      .updateTable("api_tokens")
      .set({ expires_at: inDays(-1) })
      .where("user_id", "=", (eb) => eb.selectFrom("users").select("users.id").where("username", "=", person.username))
      .execute();
    await platform.refuses(() => person.send("GET", "/api/my_profile/"), 403, "TOKEN_EXPIRED", /api-token-auth/);
  });

  it("of somebody who was banned: BANNED (A-4)", async () => {
    const person = await platform.newPerson();
    await platform.inside.db
      .updateTable("users")
      .set({ is_banned: true })
      .where("username", "=", person.username)
      .execute();
    await platform.refuses(() => person.send("GET", "/api/my_profile/"), 403, "BANNED");
  });

  it("of a worker open the worker API only, for one queue only; those of people never open it", async () => {
    const { token, hash } = newToken("bsw");
    const { db } = platform.inside;
    const queue = await db.selectFrom("queues").selectAll().where("is_default", "=", true).executeTakeFirstOrThrow();
    await insertWorkerToken(db, queue.id, "of a test", hash);
    const authorization = `Bearer ${token}`;
    const worker = {
      id: randomUUID(),
      instance: randomUUID(),
      host: "here",
      launcher: "sandbox",
      slots: 1,
      version: "1",
    };
    const as = (path: string, json: unknown, authorization: string) => () =>
      platform.send("POST", path, { authorization, content: { json } });

    await platform.refuses(profile(authorization), 403, "WORKER_TOKEN", /worker API only/);
    await platform.refuses(() => platform.send("GET", "/api/competitions/", { authorization }), 403, "WORKER_TOKEN");
    await platform.refuses(
      as("/api/worker/register/", { worker }, `Token ${platform.admin.token}`),
      403,
      "NOT_A_WORKER",
    );
    await platform.refuses(as("/api/worker/register/", { worker }, `Bearer ${ada.token}`), 403, "NOT_A_WORKER");
    const claim = { worker, queue: "https://sqs.example.org/000000000000/somebody-elses" };
    await platform.refuses(as("/api/worker/claim/", claim, authorization), 403, "WRONG_QUEUE");
    const path = `/api/worker/attempts/${randomUUID()}`;
    await platform.refuses(as(`${path}/heartbeat/`, { progress: [] }, authorization), 404, "NO_SUCH_ATTEMPT");
    const report = { outcome: "succeeded", failure: null, steps: [] };
    await platform.refuses(as(`${path}/complete/`, report, authorization), 404, "NO_SUCH_ATTEMPT");
  });
});
