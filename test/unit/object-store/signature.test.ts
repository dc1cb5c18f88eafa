/**
 * The examples that AWS publishes for Signature Version 4 in the reference of S3's API: "Authenticating Requests" for
 * headers, query parameters and chunked uploads, and "Browser-Based Uploads" for the POST policy.
 */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "@jest/globals";
import { stopClock } from "../../support/clock.ts";
import { S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { readAll } from "../../../local/object-store/byte-reader.ts";
import type { S3Error } from "../../../local/object-store/errors.ts";
import { requestBody } from "../../../local/object-store/request-body.ts";
import { SignatureVerifier, type SignedRequest } from "../../../local/object-store/signature.ts";

const keys = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const verifier = new SignatureVerifier(keys);
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
const signedAt = Date.UTC(2013, 4, 24);

const headersOf = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));

function getWithRange(change: Record<string, string> = {}): SignedRequest {
  const signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
  return {
    method: "GET",
    rawPath: "/test.txt",
    query: [],
    headers: headersOf({
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": emptyHash,
      "x-amz-date": "20130524T000000Z",
      authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=${signature}`,
      ...change,
    }),
  };
}

function presigned(change: Record<string, string> = {}): SignedRequest {
  const query = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": credential,
    "X-Amz-Date": "20130524T000000Z",
    "X-Amz-Expires": "86400",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    ...change,
  };
  return {
    method: "GET",
    rawPath: "/test.txt",
    query: Object.entries(query),
    headers: headersOf({ host: "examplebucket.s3.amazonaws.com" }),
  };
}

const refusedWith = (code: string, message?: RegExp) => (error: S3Error) =>
  error.code === code && (message?.test(error.message) ?? true);

describe("a signature", () => {
  beforeEach(() => {
    stopClock(signedAt);
  });

  test("in headers is good when it is AWS's own example", () => {
    assert.equal(verifier.verifyRequest(getWithRange()).payloadHash, emptyHash);
  });

  test("in the query is good when it is AWS's own example", () => {
    assert.equal(verifier.verifyRequest(presigned()).payloadHash, "UNSIGNED-PAYLOAD");
  });

  test("over a listing is good whatever the order of the parameters", () => {
    const signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
    const request = {
      method: "GET",
      rawPath: "/",
      query: [
        ["prefix", "J"],
        ["max-keys", "2"],
      ] as [string, string][],
      headers: headersOf({
        host: "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": emptyHash,
        "x-amz-date": "20130524T000000Z",
        authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=${signature}`,
      }),
    };
    assert.doesNotThrow(() => verifier.verifyRequest(request));
  });

  test("is refused when anything that it covers is changed", () => {
    for (const request of [
      { ...getWithRange(), method: "DELETE" },
      { ...getWithRange(), rawPath: "/test2.txt" },
      { ...getWithRange(), query: [["acl", ""]] as [string, string][] },
      getWithRange({ range: "bytes=0-10" }),
      getWithRange({ host: "other.s3.amazonaws.com" }),
      getWithRange({ "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }),
      presigned({ "X-Amz-Expires": "86401" }),
      presigned({ "response-content-type": "text/html" }),
      presigned({ "X-Amz-Signature": "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d405" }),
    ])
      assert.throws(() => verifier.verifyRequest(request), refusedWith("SignatureDoesNotMatch"));
  });

  test("for the host that people use is good although the request arrives with another one", () => {
    const arrived = { ...presigned(), headers: headersOf({ host: "127.0.0.1:8000" }) };
    const behindProxy = new SignatureVerifier({ ...keys, signedHost: "examplebucket.s3.amazonaws.com" });
    assert.equal(behindProxy.verifyRequest(arrived).payloadHash, "UNSIGNED-PAYLOAD");
    assert.throws(() => verifier.verifyRequest(arrived), refusedWith("SignatureDoesNotMatch"));
  });

  test("is refused when a header of Amazon's was added that it does not cover", () => {
    const request = presigned();
    request.headers["x-amz-copy-source"] = ["examplebucket/secret"];
    assert.throws(() => verifier.verifyRequest(request), refusedWith("AccessDenied", /x-amz-copy-source/));
  });

  test("by another key, for another region or of another day is refused", () => {
    const withCredential = (text: string) => presigned({ "X-Amz-Credential": text });
    const malformed = refusedWith("AuthorizationQueryParametersError");
    const other = withCredential(credential.replace("AKIA", "BKIA"));
    assert.throws(() => verifier.verifyRequest(other), refusedWith("InvalidAccessKeyId"));
    assert.throws(
      () => verifier.verifyRequest(withCredential(credential.replace("us-east-1", "eu-west-1"))),
      malformed,
    );
    assert.throws(() => verifier.verifyRequest(withCredential(credential.replace("20130524", "20130525"))), malformed);
    assert.throws(() => verifier.verifyRequest(withCredential("")), malformed);
  });

  test("in the query holds from the time it names until it expires, and no request without one is taken", () => {
    const at = (ms: number) => stopClock(signedAt + ms);
    at(86_400_000);
    assert.doesNotThrow(() => verifier.verifyRequest(presigned()));
    at(86_400_001);
    assert.throws(() => verifier.verifyRequest(presigned()), refusedWith("AccessDenied", /^Request has expired$/));
    at(-16 * 60_000);
    assert.throws(() => verifier.verifyRequest(presigned()), refusedWith("AccessDenied", /not yet valid/));
    const anonymous = { ...presigned(), query: [] };
    assert.throws(() => verifier.verifyRequest(anonymous), refusedWith("AccessDenied", /Anonymous/));
  });

  test("in the query cannot be made to hold for longer than a week", () => {
    for (const seconds of ["604801", "0", "-1", "0.5", "", "x"])
      assert.throws(
        () => verifier.verifyRequest(presigned({ "X-Amz-Expires": seconds })),
        refusedWith("AuthorizationQueryParametersError"),
      );
  });

  test("in headers is good for 15 minutes by a clock that is early or late", () => {
    for (const [ms, good] of [
      [900_000, true],
      [-900_000, true],
      [900_001, false],
      [-900_001, false],
    ] as const) {
      stopClock(signedAt + ms);
      const verify = () => verifier.verifyRequest(getWithRange());
      if (good) assert.doesNotThrow(verify);
      else assert.throws(verify, refusedWith("RequestTimeTooSkewed"));
    }
  });

  test("over a POST policy is good as the SDK makes it, and refused when the policy or a field of the signature is changed", async () => {
    const client = new S3Client({ region: keys.region, credentials: keys });
    const { fields } = await createPresignedPost(client, { Bucket: "examplebucket", Key: "user/${filename}" });
    const form = (change: Record<string, string> = {}) =>
      new Map(Object.entries({ ...fields, ...change }).map(([name, value]) => [name.toLowerCase(), value]));
    assert.doesNotThrow(() => verifier.verifyPolicy(form()));
    const wider = Buffer.from('{"expiration":"2099-01-01T00:00:00Z","conditions":[]}').toString("base64");
    const mismatch = refusedWith("SignatureDoesNotMatch");
    assert.throws(() => verifier.verifyPolicy(form({ Policy: wider })), mismatch);
    assert.throws(() => verifier.verifyPolicy(form({ "X-Amz-Signature": "0".repeat(64) })), mismatch);
    for (const name of ["policy", "x-amz-signature", "x-amz-credential", "x-amz-algorithm", "x-amz-date"]) {
      const without = form();
      assert.ok(without.delete(name));
      assert.throws(() => verifier.verifyPolicy(without), refusedWith("AccessDenied"));
    }
  });
});

describe("an upload in signed chunks", () => {
  const chunkSignatures = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ];
  const headers = {
    host: "s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
    "content-length": "66824",
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
  };

  async function decode(fill: string, signatures: string[]): Promise<Buffer> {
    stopClock(signedAt);
    const authorization = verifier.verifyRequest({
      method: "PUT",
      rawPath: "/examplebucket/chunkObject.txt",
      query: [],
      headers: headersOf(headers),
    });
    const chunks = [65536, 1024, 0].map(
      (size, at) => `${size.toString(16)};chunk-signature=${signatures[at]}\r\n${fill.repeat(size)}\r\n`,
    );
    const bytes = (async function* () {
      yield Buffer.from(chunks.join(""));
    })();
    return readAll(requestBody(headers, bytes, authorization).chunks, 1_000_000);
  }

  test("is taken when it is AWS's own example", async () => {
    assert.deepEqual(await decode("a", chunkSignatures), Buffer.alloc(66560, "a"));
  });

  test("is refused when a byte or a signature of it is changed", async () => {
    const refused = refusedWith("SignatureDoesNotMatch");
    await assert.rejects(decode("b", chunkSignatures), refused);
    for (const at of [0, 1, 2]) await assert.rejects(decode("a", chunkSignatures.with(at, "0".repeat(64))), refused);
  });
});
