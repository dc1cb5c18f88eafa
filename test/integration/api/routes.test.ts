import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "fast-check";
import * as z from "zod";
import type { Route } from "../../../lambdas/http/route.ts";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import { insertWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import { bundleFiles, publishCompetition, upload, zip } from "../../support/competitions.ts";
import { assertDescribed } from "../../support/description.ts";
import { assertErrorOf, codeOf } from "../../support/http.ts";
import type { Answer, Content } from "../../support/http.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { TestPlatform } from "../../support/platform.ts";

const routes = Object.values(allRoutes).flat();
const named = ({ method, path }: Route) => `${method} ${path}`;
const withParameters = routes.filter(({ path }) => path.includes("{"));

/** The path of a route with something in the place of each parameter. */
const filled = ({ path }: Route, parameter: (name: string) => string) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => parameter(name));
/** Whether a path is one of the route's, whatever its parameters are. */
const couldBe = ({ path }: Route, actual: string) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`).test(actual);
const noUuid = `0x${"0".repeat(32)}`;
const plausible = (name: string) => (name === "id" ? "1" : randomUUID());

function assertRefusedAt(path: string, answer: Answer, status: number, code: string): void {
  assert.equal(`${answer.status} ${codeOf(answer)}`, `${status} ${code}`, answer.text);
  assertErrorOf(path, answer);
}

describe("the paths of the API", () => {
  it("have no secret, because the access log has them", () => {
    const names = routes.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    // Ids, keys of datasets that a person must be allowed to download, and names of registries and identity providers. `token`
    // and `request` are ids, `what` is the name of a clean-up, and `name` a username; `spec` is a
    // username or a group, and `path` is one in a bundle that a person must be allowed to read.
    const harmless = [
      "attempt",
      "grant",
      "host",
      "id",
      "job",
      "key",
      "name",
      "path",
      "port",
      "post",
      "provider",
      "request",
      "spec",
      "table",
      "thread",
      "token",
      "uuid",
      "what",
    ];
    assert.deepEqual([...new Set(names)].sort(), harmless);
  });
});

describe("every route of the API", () => {
  let platform: TestPlatform;
  let admin: string;
  let worker: string;
  let dataset: string;
  let queueName: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    admin = `Token ${platform.admin.token}`;
    const { db } = platform.inside;
    const queue = await db.selectFrom("queues").selectAll().where("is_default", "=", true).executeTakeFirstOrThrow();
    const { token, hash } = newToken("bsw");
    await insertWorkerToken(db, queue.id, "of a test", hash);
    worker = `Bearer ${token}`;
    queueName = queue.sqs_name;
    await publishCompetition(platform.admin, bundleFiles());
    dataset = await upload(platform.admin, "submission", await zip({ "answer.txt": "1" }));
  });
  afterAll(() => platform.close());

  it("tells browsers not to guess types, as every answer of the port does (A-152)", async () => {
    const file = (await platform.send("GET", `/datasets/download/${dataset}/`, { authorization: admin })).headers;
    const queue = { method: "POST", headers: { "x-amz-target": "AmazonSQS.ReceiveMessage" }, body: "{}" };
    for (const [path, init] of [
      ["/"],
      ["/nothing"],
      ["/api/docs/"],
      ["/accounts/login/"],
      ["/api/schema.json"],
      [`/datasets/download/${dataset}/`, { headers: { authorization: admin } }],
      ["/api/datasets/", { method: "POST", body: "x".repeat(7_000_000) }],
      [file.get("location")!],
      ["/benchstack-uploads/nothing"],
      ["/benchstack-uploads/", { method: "OPTIONS" }],
      ["/", queue],
    ] as [string, RequestInit?][]) {
      const answer = await fetch(new URL(path, platform.url), { redirect: "manual", ...init });
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff", path);
      await answer.arrayBuffer();
    }
  });

  const insiderOf = (route: Route) => (route.access === "worker" ? worker : admin);
  const mayHaveBody = ({ method }: Route) => method !== "GET";

  const garbage = ["0", "-1", "1.5", "abc", "99999999999999999999", "%00", "%zz"];
  for (const route of withParameters)
    it(`${named(route)} finds nothing under what is no id, or the id of nothing`, async () => {
      const authorization = insiderOf(route);
      for (const id of garbage) {
        const answer = await platform.send(
          route.method,
          filled(route, () => id),
          { authorization },
        );
        // Any text may be a name, so a body that is needed is missed first.
        const missesBody = route.path.includes("{spec}") && route.body !== undefined && answer.status === 400;
        assert.ok(answer.status === 404 || missesBody, `${id}: ${answer.status} ${answer.text}`);
        assertErrorOf(route.path, answer);
      }
      const unknown = filled(route, (name) => (name === "id" ? "2147483647" : randomUUID()));
      const answer = await platform.send(route.method, unknown, { authorization });
      // A body that is needed may be missed first.
      assert.ok(answer.status === 404 || (route.body && answer.status === 400), answer.text);
      assertErrorOf(route.path, answer);
    });

  for (const path of new Set(routes.map(({ path }) => path)))
    it(`${path} takes its own methods only, with and without the slash at the end`, async () => {
      const own = routes.filter((route) => route.path === path);
      const filledPath = filled(own[0]!, plausible);
      // A name may also be read as the id of another route: `delete_many` as that of a submission.
      const taken = routes.filter((route) => couldBe(route, filledPath)).map(({ method }) => method);
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter(
        (m) => !taken.includes(m as Route["method"]),
      ))
        assertRefusedAt(
          filledPath,
          await platform.send(method, filledPath, { authorization: admin }),
          405,
          "METHOD_NOT_ALLOWED",
        );
      for (const route of own) {
        const ask = (path: string) => platform.send(route.method, path);
        const [withSlash, without] = [await ask(filledPath), await ask(filledPath.replace(/\/$/, ""))];
        assert.equal(without.status, withSlash.status);
        assert.equal(codeOf(without), codeOf(withSlash));
      }
    });

  it("has neighbours that are nowhere: NO_SUCH_ROUTE", async () => {
    const areas = new Set(routes.map(({ path }) => path.split("/").slice(0, 3).join("/")));
    const nowhere = [...areas].map((area) => `${area}/1/there/is/nothing/here/`);
    for (const path of [...nowhere, "/nothing", "//", "//api//", "/api", "/api/competitionsx/", "/.env"]) {
      const answer = await platform.send("GET", path, { authorization: admin });
      assertRefusedAt(path, answer, 404, "NO_SUCH_ROUTE");
    }
  });

  /** Values that have brought down many a field. */
  const hostile: unknown[] = [
    ...[null, "", -1, 1.5, 1e300, 2 ** 31, 2 ** 53, true, [], {}, "a\u0000b", "\ud800", { "a\u0000": 1 }],
    ...["%", "x".repeat(100_000), "+275760-09-13T00:00:00Z"],
  ];
  /** Values that are right for some fields. */
  const ordinary = (): unknown[] => [
    ...[
      0,
      1,
      "1",
      "NaN",
      [1],
      [[]],
      { id: 1 },
      "submission",
      "admin",
      "admin@localhost",
      "2026-01-01",
      randomUUID(),
      dataset,
    ],
  ];
  let anyValue: fc.Arbitrary<unknown> | undefined;
  /** Made once, when `dataset` is there: fast-check lists all characters for each arbitrary of strings. */
  const value = () =>
    (anyValue ??= fc.oneof(fc.constantFrom(...hostile, ...ordinary()), fc.jsonValue(), fc.string({ unit: "binary" })));

  /** Right values of fields, so that a request is wrong in one or two of its fields and gets far with the others. */
  const right: Record<string, () => unknown> = {
    phase: () => 1,
    data: () => dataset,
    tasks: () => [1],
    type: () => "submission",
    request_sassy_file_name: () => "a.zip",
    file_size: () => 3,
    username: () => `p${randomUUID().slice(0, 8)}`,
    email: () => `${randomUUID()}@example.org`,
    password: () => "long enough",
    worker: () => ({ id: "w", instance: randomUUID(), host: "h", launcher: "sandbox", slots: 1, version: "1" }),
    queue: () => platform.inside.queues.url(queueName),
    progress: () => null,
    outcome: () => "released",
    failure: () => null,
    steps: () => [],
  };

  const knownFields = (schema: z.ZodType | undefined) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

  /** All fields of a schema with the right values, those that are known here. */
  const rightFields = (schema: z.ZodType | undefined): Record<string, unknown> =>
    Object.fromEntries(knownFields(schema).flatMap((name) => (right[name] ? [[name, right[name]()]] : [])));

  /** A few of the fields that a schema knows and one it may not know, with any values; the others right or missing. */
  const fields = (schema: z.ZodType | undefined): fc.Arbitrary<Record<string, unknown>> =>
    fc
      .tuple(
        fc.boolean(),
        fc.dictionary(fc.oneof(fc.constantFrom("x", ...knownFields(schema)), fc.string()), value(), { maxKeys: 3 }),
      )
      .map(([others, given]) => ({ ...(others ? rightFields(schema) : {}), ...given }));

  const text = (given: unknown): string =>
    typeof given === "string" ? given.toWellFormed() : ((JSON.stringify(given) as string | undefined) ?? "");
  const asTexts = (given: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(given).map(([key, item]) => [
        key.toWellFormed(),
        Array.isArray(item) ? item.map(text) : text(item),
      ]),
    );
  const contentOf = (route: Route): fc.Arbitrary<Content> =>
    fc.oneof(
      fields(route.body).map((json) => ({ json })),
      fields(route.body).map((given) => ({ form: asTexts(given) })),
      fields(route.body).map((given) => ({ multipart: asTexts(given) })),
      value().map((json) => ({ json })),
      fc.record({
        raw: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        type: fc.constantFrom(
          "application/json",
          "multipart/form-data; boundary=b",
          "application/x-www-form-urlencoded",
          "text/csv",
          ";",
        ),
      }),
    );
  const queryOf = (route: Route) =>
    fields(route.query).map((given) => {
      const query = new URLSearchParams();
      for (const [name, item] of Object.entries(given)) query.append(name.toWellFormed(), text(item).slice(0, 2000));
      return query.toString();
    });

  /** Sends a request and holds the answer to be one that was meant. */
  async function answered(
    route: Route,
    request: { id: string; query: string; authorization?: string; content?: Content },
  ) {
    const path = filled(
      route,
      (name) => ({ id: request.id, key: dataset, table: "users", spec: "admin", uuid: noUuid })[name] ?? randomUUID(),
    );
    const { authorization, content } = request;
    const answer: Answer = await platform.send(route.method, `${path}?${request.query}`, {
      ...(authorization ? { authorization } : {}),
      ...(content ? { content } : {}),
    });
    assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
    if (answer.status >= 400) assertErrorOf(path, answer);
    else assertDescribed(route, answer);
    // It would stop the requests of others.
    if (named(route) === "PUT /api/maintenance/") await platform.admin.send("DELETE", route.path);
  }

  for (const route of routes)
    it(`${named(route)} answers, whatever one of its fields holds, and never with a failure of ours`, async () => {
      const authorization = insiderOf(route);
      for (const field of knownFields(route.query))
        for (const wrong of hostile) {
          const query = new URLSearchParams({ [field]: text(wrong).slice(0, 2000) }).toString();
          await answered(route, { id: "1", query, authorization });
        }
      for (const field of knownFields(route.body))
        for (const wrong of hostile) {
          const json = { ...rightFields(route.body), [field]: wrong };
          await answered(route, { id: "1", query: "", authorization, content: { json } });
        }
    });

  for (const route of routes)
    it(`${named(route)} answers whatever is sent, and never with a failure of ours`, async () => {
      const request = fc.record({
        query: fc.oneof(fc.constant(""), queryOf(route)),
        authorization: fc.constantFrom(insiderOf(route), admin, ""),
        id: fc.constantFrom("1", "2"),
        ...(mayHaveBody(route) ? { content: contentOf(route) } : {}),
      });
      await fc.assert(
        fc.asyncProperty(request, (request) => answered(route, request)),
        { numRuns: 8 },
      );
    });
});
