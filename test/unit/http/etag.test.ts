import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { answeredOnce } from "../../../lambdas/http/etag.ts";

const noon = new Date("2026-01-31T12:00:00Z");
const minutesLater = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);
const request = (etag?: string, method = "GET") =>
  ({
    requestContext: { http: { method } },
    headers: etag === undefined ? {} : { "if-none-match": etag },
  }) as unknown as APIGatewayProxyEventV2;
const answer = (body: unknown, headers: Record<string, string> = {}) => ({
  statusCode: 200,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body: JSON.stringify(body),
});
const etagOf = (body: unknown, at = noon) => String(answeredOnce(request(), answer(body), at).headers!["etag"]);
const signed = (name: string, signature: string) =>
  `https://files.example.org/${name}?X-Amz-Date=${signature}&X-Amz-Signature=${signature}&x-id=GetObject`;

describe("an ETag (A-205)", () => {
  it("is the same for the same answer, and another for another", () => {
    assert.equal(etagOf({ a: 1 }), etagOf({ a: 1 }, minutesLater(600)));
    assert.notEqual(etagOf({ a: 1 }), etagOf({ a: 2 }));
  });

  it("does not change with signatures, until those that a client has become old", () => {
    const first = etagOf({ logo: signed("a", "1") });
    assert.equal(etagOf({ logo: signed("a", "2") }, minutesLater(29)), first);
    assert.notEqual(etagOf({ logo: signed("a", "2") }, minutesLater(30)), first);
    assert.notEqual(etagOf({ logo: signed("b", "1") }), first);
  });

  it("answers 304 without a body and with the cookies of the answer, also to a strong ETag and to *", () => {
    const etag = etagOf({ a: 1 });
    for (const given of [etag, etag.slice(2), `"other", ${etag}`, "*"])
      assert.deepEqual(answeredOnce(request(given), { ...answer({ a: 1 }), cookies: ["a=1"] }, noon), {
        statusCode: 304,
        headers: {
          "content-type": "application/json",
          "cache-control": "private, no-cache",
          etag,
          vary: "authorization, cookie",
        },
        cookies: ["a=1"],
      });
    assert.equal(answeredOnce(request('"other"'), answer({ a: 1 }), noon).statusCode, 200);
  });

  it("is only for JSON that a GET found, and leaves a route's own rule for caches", () => {
    const page = answer("<p>", { "content-type": "text/html" });
    assert.deepEqual(answeredOnce(request("*"), page, noon), page);
    const refused = { ...answer({ code: "X" }), statusCode: 403 };
    assert.deepEqual(answeredOnce(request("*"), refused, noon), refused);
    const posted = answer({ a: 1 });
    assert.deepEqual(answeredOnce(request("*", "POST"), posted, noon), posted);
    const own = answeredOnce(request(), answer({ a: 1 }, { "cache-control": "max-age=300" }), noon);
    assert.equal(own.headers!["cache-control"], "max-age=300");
  });
});
