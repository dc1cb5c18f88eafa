import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { readBody } from "../../../lambdas/http/body.ts";
import { sizeOfJson } from "../../../lambdas/http/json-size.ts";
import { Refusal } from "../../../lambdas/kernel/refusal.ts";

const read = (type: string, body: string) =>
  readBody({ headers: { "content-type": type }, body, isBase64Encoded: false } as unknown as APIGatewayProxyEventV2, {
    takesFiles: false,
  });
const urlencoded = "application/x-www-form-urlencoded";
const tooComplex = (error: unknown) => error instanceof Refusal && error.code === "BODY_TOO_COMPLEX";

describe("the body of a request", () => {
  it("may repeat a field of a form, which becomes a list", async () => {
    assert.deepEqual(await read(urlencoded, "a=1&b=2&a=3&a=4"), { a: ["1", "3", "4"], b: "2" });
  });

  it("has at most 20,000 values, in a form", async () => {
    const many = await read(urlencoded, Array(20_000).fill("a=1").join("&"));
    assert.equal((many as { a: string[] }).a.length, 20_000);
    await assert.rejects(read(urlencoded, Array(20_001).fill("a=1").join("&")), tooComplex);
    const part = '--X\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n';
    await assert.rejects(read("multipart/form-data; boundary=X", `${part.repeat(20_001)}--X--\r\n`), tooComplex);
  });

  it("has at most 20,000 values, nested at most 64 deep, in JSON", async () => {
    await assert.rejects(read("application/json", JSON.stringify(Array(20_001).fill(1))), tooComplex);
    const keys = Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`key${i}`, 1]));
    await assert.rejects(read("application/json", JSON.stringify(keys)), tooComplex);
    await assert.rejects(read("application/json", "[".repeat(65) + "]".repeat(65)), tooComplex);
    assert.ok(await read("application/json", "[".repeat(64) + "]".repeat(64)));
  });

  it("may contain long texts, whatever is in them", async () => {
    const body = { pages: [{ content: 'a, "b" [c] {d} \\'.repeat(10_000) }] };
    assert.deepEqual(await read("application/json", JSON.stringify(body)), body);
  });

  it("cannot set a prototype", async () => {
    const body = (await read(
      "application/json",
      '{"__proto__": {"is_superuser": true}, "a": {"__proto__": 1}}',
    )) as object;
    assert.equal(Object.hasOwn(body, "__proto__"), false);
    assert.equal((body as { is_superuser?: boolean }).is_superuser, undefined);
    assert.deepEqual(body, { a: {} });
  });
});

describe("the size of a JSON text", () => {
  it.each([
    ["1", 1, 0],
    ['"a,b[{"', 1, 0],
    ['"a\\",b"', 1, 0],
    ['{"a": [1, 2, {"b": "}"}], "c": "\\\\"}', 7, 3],
  ])("counts %s", (text, values, depth) => {
    assert.deepEqual(sizeOfJson(Buffer.from(text)), { values, depth });
  });
});
