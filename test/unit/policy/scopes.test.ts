import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import type { Route } from "../../../lambdas/http/route.ts";
import { mayImpersonate } from "../../../lambdas/policy/impersonation.ts";
import { scopesFor } from "../../../lambdas/policy/scopes.ts";

const routes = Object.values(allRoutes as Record<string, Route[]>)
  .flat()
  .filter(({ access }) => access === "user");
const changing = routes.filter(({ method, changes }) => method !== "GET" || changes);
const permitted = ({ method, path }: Pick<Route, "method" | "path">) => scopesFor(method, path, true);

describe("the scopes of tokens", () => {
  it("permit reading with any scope, and changing only with the right one", () => {
    assert.ok(routes.length > 100);
    assert.ok(routes.every(({ method, path }) => scopesFor(method, path, false).length === 4));
    assert.ok(changing.every((route) => !permitted(route).includes("read") || route.path.endsWith("/download_many/")));
  });

  it("permit nothing that changes accounts, logins, organizations and the platform", () => {
    const own = changing.filter(({ path }) =>
      /^\/(?:accounts|api\/(?:users|organizations|session|sessions|tokens|account|invitations|budget|admin|analytics|announcements|news|maintenance|mails|storage\/inspections))\//.test(
        path,
      ),
    );
    assert.ok(own.length > 15);
    for (const route of own) assert.deepEqual(permitted(route), [], route.path);
  });

  it("permit every other change", () => {
    const others = changing.filter(({ path }) =>
      /^\/api\/(?!users|organizations|session|sessions|tokens|account\/|invitations|budget\/|admin\/|analytics\/|announcements|news|maintenance|mails|storage\/inspections)/.test(
        path,
      ),
    );
    for (const route of others) assert.ok(permitted(route).length > 0, route.path);
  });

  it("let participants' programs submit and no more", () => {
    const submits = changing.filter((route) => permitted(route).includes("submit"));
    assert.deepEqual(submits.map(({ method, path }) => `${method} ${path}`).sort(), [
      "DELETE /api/competitions/{id}/register/",
      "DELETE /api/datasets/{key}/multipart/",
      "POST /api/competitions/{id}/register/",
      "POST /api/datasets/",
      "POST /api/datasets/{key}/multipart/",
      "POST /api/datasets/{key}/multipart/complete/",
      "POST /api/datasets/{key}/multipart/parts/",
      "POST /api/submissions/",
      "POST /api/submissions/download_many/",
      "PUT /api/datasets/completed/{key}/",
    ]);
    assert.deepEqual(permitted({ method: "POST", path: "/api/queues/{id}/tokens/" }), ["worker"]);
  });
});

describe("acting as somebody else (A-224)", () => {
  const all = Object.values(allRoutes as Record<string, Route[]>)
    .flat()
    .filter(({ access }) => access !== "worker");
  const allowed = all.filter((route) => {
    const changes = route.method !== "GET" || route.changes === true;
    return mayImpersonate(route.method, route.path, changes);
  });
  const ending = ["POST /accounts/logout/", "DELETE /api/session/", "POST /api/session/impersonation/end/"];
  const named = allowed.map(({ method, path }) => `${method} ${path}`).filter((name) => !ending.includes(name));

  it("deletes nothing, by whatever address", () => {
    assert.deepEqual(
      named.filter((name) => /^DELETE |^POST .*(?:delete|cleanup)/.test(name)),
      [],
    );
    assert.ok(named.includes("GET /api/storage/cleanup/{what}/"));
  });

  it("gets no copy of everything", () =>
    assert.deepEqual(
      named.filter((name) => /account\/exports|create_dump/.test(name)),
      [],
    ));

  it("changes nothing of the account, its logins, its organizations, its queues and the platform", () =>
    assert.deepEqual(
      named.filter(
        (name) =>
          !name.startsWith("GET ") &&
          !/^\w+ \/api\/(?:competitions|phases|participants|datasets|tasks|submissions|submission_scores)\//.test(name),
      ),
      [],
    ));
});
