import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import type { Route } from "../../../lambdas/http/route.ts";
import { scopesFor } from "../../../lambdas/policy/scopes.ts";

const routes = Object.values(allRoutes as Record<string, Route[]>)
  .flat()
  .filter(({ access }) => access === "user");
const changing = routes.filter(({ method, changes }) => method !== "GET" || changes);
const permitted = (path: string) => scopesFor(path, true);

describe("the scopes of tokens", () => {
  it("permit reading with any scope, and changing only with the right one", () => {
    assert.ok(routes.length > 100);
    assert.ok(routes.every(({ path }) => scopesFor(path, false).length === 4));
    assert.ok(changing.every(({ path }) => !permitted(path).includes("read")));
  });

  it("permit nothing that changes accounts, logins and organizations", () => {
    const own = changing.filter(({ path }) =>
      /^\/(?:accounts|api\/(?:users|organizations|session|sessions|tokens|account))\//.test(path),
    );
    assert.ok(own.length > 15);
    for (const { path } of own) assert.deepEqual(permitted(path), [], path);
  });

  it("permit every other change", () => {
    const others = changing.filter(({ path }) =>
      /^\/api\/(?!users|organizations|session|sessions|tokens|account\/)/.test(path),
    );
    for (const { path } of others) assert.ok(permitted(path).length > 0, path);
  });

  it("let participants' programs submit and no more", () => {
    const submits = [
      ...new Set(changing.filter(({ path }) => permitted(path).includes("submit")).map(({ path }) => path)),
    ];
    assert.ok(submits.every((path) => /^\/api\/(?:datasets|submissions)\/|\/register\/$/.test(path)));
    for (const path of [
      "/api/submissions/{id}/re_run_submission/",
      "/api/submission_scores/{id}/",
      "/api/phases/{id}/",
    ])
      assert.deepEqual(permitted(path), ["organize"]);
    assert.deepEqual(permitted("/api/queues/{id}/tokens/"), ["worker"]);
  });
});
