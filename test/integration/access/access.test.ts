/**
 * docs/access.md is compared with what the platform answers: every row of it is sent as every actor, first while the
 * competition is published, then while it is private.
 *
 * A new route needs a row in docs/access.md, and under the same name its request in requests.ts, which is right in all
 * but who sends it. A row is named `METHOD /path/`, and a route that has several rows says of what each is behind that. What
 * the request is about, if nothing there will do, is made in open-world.ts; whatever a request changes is put back after it.
 */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { ObjectRef } from "../../../contract/job.ts";
import type { Route } from "../../../lambdas/http/route.ts";
import { foldCounts } from "../../../lambdas/competitions/db/counts.ts";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import { assertDescribed } from "../../support/description.ts";
import { assertErrorOf, codeOf, type Answer } from "../../support/http.ts";
import { takeSnapshot, type Snapshot } from "../../support/snapshot.ts";
import { actors, readPolicyTable, type Actor, type Cells } from "./policy-table.ts";
import { openWorld } from "./open-world.ts";
import type { Ask } from "./recipes.ts";
import { requests } from "./requests.ts";
import type { OpenWorld } from "./world.ts";

const routes = Object.values(allRoutes).flat();
const table = readPolicyTable();
/** The method and the path that a row is about. */
const routeNamed = (row: string) => row.split(" ", 2).join(" ");
/** With which code somebody is turned away who is at the wrong door: without a token, or with one of the wrong kind. */
function wrongDoor({ access, path }: Route, actor: Actor): string | undefined {
  // Its header names the program in place of a token.
  if (path.startsWith("/rest/oauth2/")) return undefined;
  if (access === "worker") return actor === "worker" ? undefined : "NOT_A_WORKER";
  if (actor === "worker") return "WORKER_TOKEN";
  return access === "user" && actor === "anonymous" ? "NOT_LOGGED_IN" : undefined;
}

const routeOf = (row: string) => routes.find(({ method, path }) => `${method} ${path}` === routeNamed(row));

describe("docs/access.md", () => {
  it("has a row for every route, and no other", () => {
    const rows = [...table.published.keys()].map(routeNamed);
    assertSame(
      rows,
      routes.map(({ method, path }) => `${method} ${path}`),
      "rows of docs/access.md",
      "routes",
    );
  });

  it("has a request for every row, and no other", () => {
    assertSame(Object.keys(requests), [...table.published.keys()], "requests in requests.ts", "rows of docs/access.md");
  });

  it("names a row for private competitions only where it differs", () => {
    for (const [row, cells] of table.private) {
      assert.ok(table.published.has(row), `${row}: there is no such row for published competitions`);
      assert.notDeepEqual(cells, table.published.get(row), row);
    }
  });

  let world: OpenWorld;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.lab.close());

  describe("is what is answered while the competition is published (A-82)", () => {
    compare((row) => table.published.get(row)!);
  });

  describe("is what is answered while the competition is private", () => {
    beforeAll(() =>
      world.lab.inside.db
        .updateTable("competitions")
        .set({ published: false })
        .where("id", "=", world.competition)
        .execute(),
    );
    compare((row) => table.private.get(row) ?? table.published.get(row)!);
  });

  function compare(expectedOf: (row: string) => Cells) {
    let snapshot: Snapshot;
    let restoreObjects: () => Promise<void>;
    // The sweeper, which runs all the time, books what hosts cost.
    const restored = async () => (await snapshot.restore()).filter((name) => name !== "spending");
    beforeAll(async () => {
      // As the sweeper does every minute, which would look like a change.
      await foldCounts(world.lab.inside.db);
      snapshot = await takeSnapshot(world.lab.inside.db);
      restoreObjects = await keepObjects(world);
    });

    for (const [row, recipe] of Object.entries(requests).filter(([row]) => table.published.has(row) && routeOf(row)))
      it(row, async () => {
        const expected = expectedOf(row);
        const route = routeOf(row)!;
        const asks = new Map(actors.map((actor) => [actor, recipe(world, actor)]));
        const isRead = route.method === "GET" && !route.changes;
        const changes = (actor: Actor) => asks.get(actor)!.changes ?? !isRead;
        // Who is kept out, and who only reads, leaves everything as it is.
        const changesNothing = (actor: Actor) =>
          ["401", "403", "404"].includes(expected[actor]) || (!changes(actor) && expected[actor] !== "400");
        const problems: string[] = [];
        const tryAs = async (actor: Actor) => {
          const { cell, answer } = await sent(world, actor, row, asks.get(actor)!);
          const code = wrongDoor(route, actor);
          if (code !== undefined) assert.equal(codeOf(answer), code, `${actor}: ${answer.text}`);
          if (cell !== expected[actor])
            problems.push(`${actor}: docs/access.md says ${expected[actor]}, the answer is ${cell}: ${answer.text}`);
        };

        const objects = isRead ? null : await world.lab.objectKeys();
        await Promise.all(actors.filter(changesNothing).map(tryAs));
        const changed = await restored();
        assert.equal(problems.join("\n"), "");
        assert.deepEqual(changed, [], "what was refused, or only read, has changed something");
        if (objects) assert.deepEqual(await world.lab.objectKeys(), objects);
        for (const actor of actors.filter((actor) => !changesNothing(actor))) {
          await tryAs(actor);
          const changed = await restored();
          if (changed.length > 0) await restoreObjects();
          if (expected[actor] === "yes" && changed.length === 0)
            problems.push(`${actor}: it was answered, and changed nothing`);
        }
        assert.equal(problems.join("\n"), "");
      });
  }
});

function assertSame(some: string[], others: string[], name: string, otherName: string): void {
  const missing = others.filter((one) => !some.includes(one));
  const unknown = some.filter((one) => !others.includes(one));
  assert.deepEqual(
    { missing, unknown },
    { missing: [], unknown: [] },
    `${name} that are missing, or of which there are no ${otherName}`,
  );
}

/** Sends the request of a row; gives what the row's cell should say, and the answer. */
async function sent(
  world: OpenWorld,
  actor: Actor,
  row: string,
  { at = {}, query = {}, content, headers, finds }: Ask,
): Promise<{ cell: string; answer: Answer }> {
  const [method, path] = row.split(" ") as [string, string];
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => String(at[name]));
  const search = new URLSearchParams(query).toString();
  const request = { ...(content ? { content } : {}), ...(headers ? { headers } : {}) };
  const answer = await world.send(actor, method, search === "" ? filled : `${filled}?${search}`, request);
  if (answer.status >= 400) {
    assertErrorOf(path, answer);
    return { cell: String(answer.status), answer };
  }
  assertDescribed(routeOf(row)!, answer);
  return { cell: finds === undefined || answer.text.includes(String(finds)) ? "yes" : "none", answer };
}

/** Copies all objects. Returns what puts those back that are gone, for instance because a file got another key. */
async function keepObjects(world: OpenWorld): Promise<() => Promise<void>> {
  const { objects } = world.lab.inside;
  const contents = new Map<string, Buffer>();
  for (const name of await world.lab.objectKeys()) contents.set(name, await objects.get(refOf(name), 10_000_000));
  return async () => {
    const there = new Set(await world.lab.objectKeys());
    for (const [name, content] of contents) if (!there.has(name)) await objects.put(refOf(name), content);
  };
}

function refOf(name: string): ObjectRef {
  const [bucket, ...key] = name.split("/");
  return { bucket: bucket as ObjectRef["bucket"], key: key.join("/") };
}
