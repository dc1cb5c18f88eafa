import assert from "node:assert/strict";
import { afterAll, test } from "@jest/globals";
import { Client } from "pg";
import { testDatabase } from "../../support/postgres.ts";

const [first, second] = await Promise.all([testDatabase(), testDatabase()]);
afterAll(() => Promise.all([first.drop(), second.drop()]));

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test("a test database is PostgreSQL itself, with more than one connection at a time", async () => {
  const backends = await Promise.all([1, 2].map(() => query(first.url, "select pg_backend_pid() as id")));
  assert.equal(new Set(backends.map(([row]) => row!.id)).size, 2);
});

test("test databases share nothing", async () => {
  await query(first.url, "create table only_here (id int)");
  await assert.rejects(query(second.url, "select * from only_here"), { code: "42P01" });
});

test("nobody connects without the password", async () => {
  const url = new URL(first.url);
  url.password = "guess";
  await assert.rejects(query(url.href, "select 1"), { code: "28P01" });
});

test("a dropped database is gone, whoever is still connected", async () => {
  const third = await testDatabase();
  const client = new Client({ connectionString: third.url });
  client.on("error", () => {});
  await client.connect();
  await third.drop();
  await assert.rejects(query(third.url, "select 1"));
});
