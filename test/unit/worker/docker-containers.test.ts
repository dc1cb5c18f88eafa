import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { HostFault } from "../../../worker-image/failure.ts";
import { containerOptions } from "../../../worker-image/launchers/docker/container.ts";
import { startFailure } from "../../../worker-image/launchers/docker/errors.ts";
import { pullQuery } from "../../../worker-image/launchers/docker/image.ts";
import type { LaunchRequest } from "../../../worker-image/launchers/launcher.ts";
import { jsonLog } from "../../../worker-image/log.ts";

const nowhere = { write: () => undefined };
const request: LaunchRequest = {
  attempt: "attempt-1",
  name: "program",
  image: "some/image:1",
  argv: ["python3", "score.py"],
  workingDirectory: "/app/program",
  folders: [{ hostPath: "/work/a", path: "/app/program", readOnly: true }],
  network: "none",
  limits: { cpus: 4, memoryBytes: 1_000_000, pids: 100, diskBytes: 1_000_000 },
  stdout: nowhere,
  stderr: nowhere,
  scratch: "/work/s",
  log: jsonLog(() => {}),
};

describe("the container of a program", () => {
  const { HostConfig, ...options } = containerOptions(request, "worker-1", 2);

  it("keeps the image's entry point and user, and says whose it is", () => {
    assert.deepEqual(options.Cmd, ["python3", "score.py"]);
    assert.equal("Entrypoint" in options || "User" in options, false);
    assert.deepEqual(options.Labels, { "benchstack.worker": "worker-1", "benchstack.attempt": "attempt-1" });
    assert.deepEqual(options.Env, ["PYTHONUNBUFFERED=1", "http_proxy=", "https_proxy="]);
  });

  it("has no network unless it is open", () => {
    assert.equal(HostConfig?.NetworkMode, "none");
    assert.equal(containerOptions({ ...request, network: "open" }, "w", 2).HostConfig?.NetworkMode, "bridge");
  });

  it("has no new privileges, none of Docker's capabilities, and limits on memory, swap, processes and CPUs", () => {
    assert.deepEqual(HostConfig?.SecurityOpt, ["no-new-privileges"]);
    assert.equal(HostConfig.CapDrop?.length, 14);
    assert.equal(HostConfig.Memory, 1_000_000);
    assert.equal(HostConfig.MemorySwap, HostConfig.Memory);
    assert.equal(HostConfig.PidsLimit, 100);
    assert.equal(HostConfig.Privileged, undefined);
  });

  it("gets as many CPUs as the machine has when it may have more, and no limit for 0", () => {
    assert.equal(HostConfig?.NanoCpus, 2e9);
    const noLimit = containerOptions({ ...request, limits: { ...request.limits, cpus: 0 } }, "w", 2);
    assert.equal(noLimit.HostConfig?.NanoCpus, 0);
  });
});

describe("what an engine says", () => {
  const said = (statusCode: number | undefined, message: string) =>
    Object.assign(new Error("(HTTP code)"), { statusCode, json: { message } });

  it("about the image or the command is the program's trouble; anything else is the worker's (R-130)", () => {
    for (const status of [400, 500]) {
      const refused = startFailure("img", ["run", "it"], said(status, "unable to find user bob: no matching entries"));
      assert.equal(refused.code, "BAD_COMMAND");
      assert.equal(
        refused.message,
        'The image img cannot start the command "run it": the image does not contain the user or group that it names.',
      );
      const fault = startFailure("img", [], said(status, "write /var/lib/docker/x: no space left on device"));
      assert.ok(fault instanceof HostFault);
      assert.equal(fault.code, "WORKER_ERROR");
      assert.equal(
        fault.message,
        "The container engine of the worker failed while starting the program: its disk is full. The program did not cause this.",
      );
    }
    const silent = startFailure("img", [], new Error("connect ECONNREFUSED"));
    assert.ok(silent instanceof HostFault);
    assert.match(silent.message, /it does not answer/);
  });

  it("is for the log only, also when nobody has seen it before (R-131)", () => {
    const failure = startFailure("img", [], said(400, "secret.example.org said: token=abc"));
    assert.ok(!failure.message.includes("secret"), failure.message);
    assert.equal((failure.cause as Error).message, "secret.example.org said: token=abc");
  });

  it("about a command that is longer than a request is the command's trouble, and not shown in full", () => {
    const { code, message } = startFailure(
      "img",
      ["x".repeat(5_000_000)],
      said(431, "Request Header Fields Too Large"),
    );
    assert.equal(code, "BAD_COMMAND");
    assert.match(message, /^The image img cannot start the command "x{500}…": the command is too long\.$/);
  });
});

describe("pulling an image", () => {
  const cases: [string, object][] = [
    ["python", { fromImage: "python", tag: "latest" }],
    ["codalab/codalab-legacy:py37", { fromImage: "codalab/codalab-legacy", tag: "py37" }],
    ["localhost:5000/a/b", { fromImage: "localhost:5000/a/b", tag: "latest" }],
    ["localhost:5000/a/b:1", { fromImage: "localhost:5000/a/b", tag: "1" }],
    [`a@sha256:${"0".repeat(64)}`, { fromImage: `a@sha256:${"0".repeat(64)}` }],
  ];
  for (const [image, query] of cases) {
    it(`${image.slice(0, 40)} asks for one tag only`, () => assert.deepEqual(pullQuery(image), query));
  }
});
