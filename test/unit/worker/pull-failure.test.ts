import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { HostFault } from "../../../worker-image/failure.ts";
import { startFailure } from "../../../worker-image/launchers/docker/errors.ts";
import { pullFailure } from "../../../worker-image/launchers/docker/pull-failure.ts";

const image = "ghcr.io/team/image:1";
const codeOf = (message: string) => pullFailure(image, message, false).code;

describe("a pull that failed", () => {
  const refusals = [
    `Head "http://127.0.0.1:5000/v2/x/manifests/1": no basic auth credentials`,
    "pull access denied for team/image, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    `Head "https://ghcr.io/v2/team/image/manifests/1": denied`,
    `Head "https://ghcr.io/v2/team/image/manifests/1": denied: denied`,
    "unauthorized: unauthenticated: User cannot be authenticated with the token provided.",
    "denied: permission_denied: read_package",
    `Head "https://registry.gitlab.com/v2/team/image/manifests/1": denied: access forbidden`,
    "error parsing HTTP 403 response body: unexpected end of JSON input",
    "unauthorized: HTTP Basic: Access denied. The provided password or token is incorrect",
    `denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/p" (or it may not exist)`,
    `Unauthenticated request. Unauthenticated requests do not have permission "artifactregistry.repositories.downloadArtifacts"`,
    `unknown: You don't have the needed permissions to perform this operation, and you may have invalid credentials.`,
    `denied: Permission denied for "1" from request "/v2/p/image/manifests/1".`,
    "unauthorized: access to the requested resource is not authorized",
    "unauthorized: authentication required, visit https://aka.ms/acr/authorization for more information.",
    "denied: Your authorization token has expired. Reauthenticate and try again.",
    "denied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: ecr:BatchGetImage",
    "failed to resolve reference: pull access denied: server message: insufficient_scope: authorization failed",
    "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 403 Forbidden",
  ];
  for (const message of refusals)
    it(`because of "${message.slice(0, 60)}" is not tried again: somebody has to log in or make it public`, () => {
      const failure = pullFailure(image, message, false);
      assert.equal(failure.code, "IMAGE_NOT_FOUND");
      assert.match(failure.message, /asks for a login, or has no such image\. .*"docker login ghcr\.io"/);
      assert.equal((failure.cause as Error).message, message);
    });

  it("because there is none, or not for this machine, is not tried again", () => {
    for (const message of [
      "manifest for ghcr.io/team/image:1 not found: manifest unknown: manifest unknown",
      "name unknown: repository not found",
      "no matching manifest for linux/amd64 in the manifest list entries",
      "server gave HTTP response to HTTPS client",
    ])
      assert.equal(codeOf(message), "IMAGE_NOT_FOUND", message);
  });

  it("because of an outage or a limit is tried again", () => {
    for (const message of [
      "toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
      `Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io on 192.0.2.1:53: no such host`,
      `Get "https://ghcr.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded)`,
      "received unexpected HTTP status: 503 Service Unavailable",
      "dial tcp 192.0.2.1:443: connect: connection refused",
      "failed to register layer: open /var/lib/docker/overlay2/x: permission denied",
      "unexpected EOF",
    ])
      assert.equal(codeOf(message), "IMAGE_PULL", message);
  });

  it("says in our words why, and leaves those of the registry to the log (R-131)", () => {
    const reasons: [message: string, why: RegExp][] = [
      [`Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io on 192.0.2.1:53: no such host`, /cannot be resolved/],
      [`Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused`, /refused the connection/],
      [`Get "https://ghcr.io/v2/": net/http: request canceled (Client.Timeout exceeded)`, /does not answer/],
      [`Get "https://ghcr.io/v2/": x509: certificate signed by unknown authority`, /TLS certificate/],
      ["received unexpected HTTP status: 503 Service Unavailable", /its registry fails/],
      [
        "error parsing HTTP 200 response body: invalid character 'p' looking: \"password: abc\"",
        /the log of the worker/,
      ],
      ["toomanyrequests: password: abc", /asks to wait/],
      ["manifest unknown: password: abc", /does not have it/],
      ["denied: password: abc", /asks for a login/],
    ];
    for (const [message, why] of reasons) {
      const failure = pullFailure(image, message, false);
      assert.match(failure.message, why);
      assert.ok(!/192\.0|password|dial/.test(failure.message), failure.message);
      assert.equal((failure.cause as Error).message, message);
    }
  });

  it("because the disk of the worker is full is the worker's trouble", () => {
    const failure = pullFailure(image, "write /var/lib/docker/tmp/GetImageBlob1: no space left on device", false);
    assert.ok(failure instanceof HostFault);
    assert.equal(failure.code, "IMAGE_PULL");
    assert.match(failure.message, /its disk is full/);
  });

  it("from Docker Hub is told with Docker Hub's command", () => {
    assert.match(pullFailure("team/image", "denied", false).message, /logs in with "docker login", as the user/);
    assert.match(
      pullFailure("team/image", "denied", true).message,
      /has a login for Docker Hub, which may have expired/,
    );
  });
});

describe("a program that cannot start", () => {
  const failed = (statusCode: number, message: string) =>
    startFailure(image, ["run"], Object.assign(new Error(message), { statusCode, json: { message } })).code;

  it("because somebody removed its image is tried again; because of its command it is not", () => {
    assert.equal(failed(404, "No such image: ghcr.io/team/image:1"), "IMAGE_PULL");
    assert.equal(failed(400, `exec: "run": executable file not found in $PATH`), "BAD_COMMAND");
    assert.equal(failed(500, "the engine failed"), "WORKER_ERROR");
  });
});
