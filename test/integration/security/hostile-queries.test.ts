/** Every parameter of every list and page, with what is meant for a database, a pattern or a parser. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import * as z from "zod";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import type { Route } from "../../../lambdas/http/route.ts";
import { assertErrorOf, type Answer } from "../../support/http.ts";
import { openWorld } from "../access/open-world.ts";
import type { Actor } from "../access/policy-table.ts";
import { requests } from "../access/requests.ts";
import type { OpenWorld } from "../access/world.ts";

const named = ({ method, path }: Route) => `${method} ${path}`;
const parametersOf = ({ query }: Route) => (query instanceof z.ZodObject ? Object.keys(query.shape) : []);
const reads = Object.values(allRoutes)
  .flat()
  // Identity providers are asked when people log in with one, and that has tests of its own.
  .filter(({ method, path, changes }) => method === "GET" && !changes && !path.startsWith("/accounts/sign-in/"))
  .filter((route) => parametersOf(route).length > 0);

/** Nobody's people: what they see of the organizer's is what everybody sees. */
const outsiders: Actor[] = ["anonymous", "other organizer", "bot"];

/** What would end a string, a pattern or a statement in which it were pasted, or is no text at all. Each after a parameter's name. */
const hostile = [
  ...["' or '1'='1", '" or ""="', "1) or (1=1", "1; drop table users; --", "' union select password from users --"],
  ...[
    "*",
    "$1",
    "\\",
    "{}",
    "-1",
    "1e309",
    "NaN",
    "9".repeat(40),
    "null",
    "\u202e\ufeff\u{1f600}",
    "a\u0000b",
    "x".repeat(1500),
  ],
].map((value) => `=${encodeURIComponent(value)}`);
/** Forms in which other servers read lists and objects, and bytes that are no text. */
const forms = ["[]=1", "[$ne]=1", "[0][x]=1", "=1&NAME=2", "=%ED%A0%80", "=%FF%FE", "=%", ""];
const wildcards = ["%", "%_%", "_%"].map((value) => `=${encodeURIComponent(value)}`);
const searches = new Set([
  "search",
  "q",
  "recipient",
  "name",
  "user__username",
  "user__email",
  "username",
  "queue",
  "host",
]);

describe("a hostile parameter of a list", () => {
  let world: OpenWorld;
  /** What only people of the organizer's know. */
  let secrets: string[];
  beforeAll(async () => {
    world = await openWorld();
    const { people, dataset, referenceData, submittedFile, queue, idleQueue, mail, registry } = world;
    secrets = [
      ...[
        dataset.key,
        referenceData.key,
        submittedFile.key,
        queue.id,
        queue.name,
        idleQueue.id,
        mail.subject,
        registry,
      ],
      ...[world.workerToken, world.quarantined, world.attempt, world.capacityRequest, '"Shared"'],
      ...[people.participant, people.organizer, people.collaborator].map(({ username }) => `${username}@example.org`),
    ];
  });
  afterAll(() => world.lab.close());

  const known = ({ text }: Answer) => secrets.filter((secret) => text.includes(secret));
  const rowsOf = ({ body }: Answer<unknown>): unknown[] => {
    const results = Array.isArray(body) ? body : (body as { results?: unknown }).results;
    return Array.isArray(results) ? results : [];
  };

  for (const route of reads)
    it(`of ${named(route)} is refused or finds no more than without it`, async () => {
      const recipe = requests[named(route)]!;
      async function ask(actor: Actor, rest: string): Promise<Answer> {
        const { at = {}, query = {} } = recipe(world, actor);
        const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => String(at[name]));
        const name = /^[^=&[]*/.exec(rest)![0];
        const others = Object.entries(query).filter(([key]) => key !== decodeURIComponent(name));
        const search = [new URLSearchParams(others).toString(), rest].filter(Boolean).join("&");
        const answer = await world.send(actor, "GET", `${path}?${search}`, {});
        assert.ok(answer.status < 500, `${actor}: ${rest}: ${answer.status} ${answer.text}`);
        if (answer.status >= 400) assertErrorOf(route.path, answer);
        return answer;
      }

      for (const [i, parameter] of parametersOf(route).entries()) {
        const name = encodeURIComponent(parameter);
        const outsider = outsiders[i % outsiders.length]!;
        const seen = known(await ask(outsider, ""));
        for (const value of [...hostile, ...forms.map((form) => form.replace("NAME", name)), ...wildcards]) {
          const found = known(await ask(outsider, name + value));
          assert.deepEqual(
            found.filter((secret) => !seen.includes(secret)),
            [],
            `${outsider}: ${parameter}${value}`,
          );
        }
        for (const value of hostile.slice(0, 5)) await ask("superuser", name + value);
        if (searches.has(parameter))
          for (const value of wildcards)
            assert.deepEqual(rowsOf(await ask("superuser", name + value)), [], `${parameter}${value} is a pattern`);
      }
    });

  it("has changed no account", async () => {
    const { people } = world;
    const { status } = await people.organizer.send("GET", "/api/my_profile/");
    assert.equal(status, 200);
  });
});
