import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { headersFromProgram, headersToProgram } from "../../../lambdas/worksheets/rules/port-headers.ts";

describe("headers between somebody and the program of a run (W-161)", () => {
  it("tell the program nothing of who asks", () => {
    const given = {
      Accept: "text/html",
      authorization: "Bearer x",
      cookie: "s=1",
      "x-forwarded-for": "::1",
      host: "h",
    };
    assert.deepEqual(headersToProgram(given), { accept: "text/html" });
  });

  it("let no page of the program act as one of the platform", () => {
    const given = {
      "content-type": "text/html",
      "set-cookie": "s=1",
      "content-security-policy": "default-src *",
      "www-authenticate": "Basic",
      "access-control-allow-origin": "*",
      "clear-site-data": '"*"',
    };
    assert.deepEqual(headersFromProgram(given, "/base"), {
      "content-type": "text/html",
      "content-security-policy": "sandbox",
      "cache-control": "no-store",
    });
  });

  it("have a type that shows nothing if the program names none", () => {
    assert.equal(headersFromProgram({}, "/base")["content-type"], "application/octet-stream");
  });

  it("redirect to the program and nowhere else", () => {
    const to = (location: string) => headersFromProgram({ location }, "/base")["location"];
    assert.equal(to("/a/?b=1"), "/base/a/?b=1");
    for (const elsewhere of ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1"])
      assert.equal(to(elsewhere), undefined, elsewhere);
  });

  it("have no values that no header can have", () => {
    assert.deepEqual(headersToProgram({ accept: "a\r\nb: c" }), {});
  });
});
