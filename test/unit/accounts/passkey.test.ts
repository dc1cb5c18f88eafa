import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { challengeOf, siteOf } from "../../../lambdas/accounts/rules/passkey.ts";

it("passkeys are made for a name with https, or for localhost (A-172)", () => {
  assert.deepEqual(siteOf("https://bench.example.org"), {
    host: "bench.example.org",
    origin: "https://bench.example.org",
  });
  assert.deepEqual(siteOf("http://localhost:8000"), { host: "localhost", origin: "http://localhost:8000" });
  for (const url of ["http://bench.example.org", "https://127.0.0.1:8000", "https://[::1]", "http://notlocalhost"])
    assert.equal(siteOf(url), null, url);
});

it("an answer without a readable challenge has none (A-172)", () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64url");
  assert.equal(challengeOf(encoded('{"challenge":"abc"}')), "abc");
  for (const text of ["", "null", "{}", '{"challenge":1}', "not JSON"]) assert.equal(challengeOf(encoded(text)), null);
});
