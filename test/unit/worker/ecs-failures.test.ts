import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { asStepFailure, onOwnDisk } from "../../../worker-image/failure.ts";
import { judgeStop, refusalOfException, refusalOfReason } from "../../../worker-image/launchers/ecs/failures.ts";
import { capacityPauseMs, patience } from "../../../worker-image/launchers/placed/patience.ts";

describe("why the cluster starts no task", () => {
  const lacking: [reason: string, lacking: string][] = [
    ["RESOURCE:GPU", "GPU"],
    ["RESOURCE:MEMORY", "memory"],
    ["RESOURCE:CPU", "CPU"],
    ["RESOURCE:ENI", "network interfaces"],
    ["RESOURCE:PORTS", "network interfaces"],
    ["RESOURCE:FOO", "hosts"],
    ["AGENT", "hosts"],
    ["INACTIVE", "hosts"],
    ["No Container Instances were found in your cluster.", "hosts"],
    ["ATTRIBUTE", "hosts of the right kind"],
    ["distinctInstance placement constraint unsatisfied.", "hosts of the right kind"],
    ["Capacity is unavailable at this time. Please try again later or in a different availability zone", "capacity"],
    ["You've reached the limit on the number of tasks you can run concurrently", "the account's quota"],
    ["You've reached the limit on the number of vCPUs you can run concurrently", "the account's quota"],
  ];
  for (const [reason, what] of lacking) {
    it(`${reason} is waited for`, () => assert.deepEqual(refusalOfReason(reason), { kind: "capacity", lacking: what }));
  }

  it("any other reason fails the step with AWS's words", () => {
    assert.deepEqual(refusalOfReason("LOCATION"), {
      kind: "broken",
      message: "The cluster does not run the ECS task: LOCATION.",
    });
  });

  const exception = (name: string, message = "", httpStatusCode = 400) =>
    Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
  const exceptions: [error: Error, kind: string][] = [
    [exception("ThrottlingException"), "throttled"],
    [exception("TooManyRequestsException"), "throttled"],
    [exception("ServerException", "", 500), "throttled"],
    [exception("Whatever", "", 503), "throttled"],
    [new Error("connect ECONNREFUSED"), "throttled"],
    // The SDK adds how often it tried.
    [Object.assign(new Error("socket hang up"), { $metadata: { attempts: 3 } }), "throttled"],
    [exception("ConflictException"), "conflict"],
    [
      exception("ClientException", "You've reached the limit on the number of tasks you can run concurrently"),
      "capacity",
    ],
    [exception("ClientException", "TaskDefinition not found."), "broken"],
    [exception("InvalidParameterException", "Container Overrides length must be at most 8192"), "broken"],
    [exception("AccessDeniedException", "not authorized to perform ecs:RunTask"), "broken"],
    [exception("ClusterNotFoundException"), "broken"],
    [exception("PlatformTaskDefinitionIncompatibilityException"), "broken"],
  ];
  for (const [error, kind] of exceptions) {
    it(`${error.name} ${error.message} is ${kind}`, () => assert.equal(refusalOfException(error).kind, kind));
  }

  it("capacity is asked for after 15 s, then twice as long each time, up to a minute", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 50].map((tries) => capacityPauseMs(tries, patience.capacityPause) / 1000),
      [15, 30, 60, 60, 60, 60, 60, 60],
    );
  });
});

describe("why a task stopped before there was a result", () => {
  const stop = (code: string | null, reason: string, ofProgram: string | null = null) =>
    judgeStop({ code, reason, containers: [{ name: "program", exitCode: null, reason: ofProgram }] });
  const cannotStart = (why: string) => `CannotStartContainerError: Error response from daemon: ${why}`;
  const again: [code: string | null, reason: string, interrupted: boolean][] = [
    ["SpotInterruption", "Your Spot Task was interrupted.", true],
    ["TerminationNotice", "", true],
    ["EssentialContainerExited", "Host EC2 (instance i-0abc) terminated.", true],
    ["EssentialContainerExited", "Essential container in task exited", false],
    ["TaskFailedToStart", "Timeout waiting for network interface provisioning to complete.", false],
    ["TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth", false],
    ["UserInitiated", "stopped by somebody", false],
    ["TaskFailedToStart", cannotStart("write /var/lib/docker/overlay2/x: no space left on device"), false],
    ["TaskFailedToStart", cannotStart(`exec: "/benchstack/control/wrapper": stat: no such file or directory`), false],
    ["TaskFailedToStart", cannotStart("network sandbox x not found"), false],
    [null, "ECS no longer knows the ECS task", false],
  ];
  for (const [code, reason, interrupted] of again) {
    it(`${code}: ${reason} is tried again${interrupted ? ", by nobody's fault" : ""}`, () => {
      const verdict = stop(code, reason);
      assert.equal(verdict.kind, "again");
      assert.equal(verdict.interrupted, interrupted);
    });
  }

  const pull = (why: string) => `CannotPullContainerError: ${why}`;
  const lost = [
    pull(
      "pull image manifest has been retried 1 time(s): failed to resolve ref 1.dkr.ecr.eu-west-1.amazonaws.com/imported@sha256:0: not found",
    ),
    pull("pull access denied, repository does not exist or may require authorization"),
    pull("manifest unknown: Requested image not found"),
  ];
  for (const reason of lost) {
    it(`${reason} means that our repository lost the image`, () =>
      assert.deepEqual(stop("TaskFailedToStart", reason), { kind: "image lost", why: reason }));
  }

  const failed: [code: string, reason: string, failure: string][] = [
    ["TaskFailedToStart", pull("(HTTP code 500) server error - denied"), "IMAGE_PULL"],
    [
      "TaskFailedToStart",
      pull("denied: Your authorization token has expired. Reauthenticate and try again."),
      "IMAGE_PULL",
    ],
    [
      "TaskFailedToStart",
      pull("image Manifest does not contain descriptor matching platform 'linux/amd64'"),
      "IMAGE_NOT_FOUND",
    ],
    ["TaskFailedToStart", pull("context deadline exceeded"), "IMAGE_PULL"],
    ["TaskFailedToStart", pull("toomanyrequests: You have reached your pull rate limit"), "IMAGE_PULL"],
    ["TaskFailedToStart", pull("dial tcp 1.2.3.4:443: i/o timeout"), "IMAGE_PULL"],
    ["TaskFailedToStart", pull("received unexpected HTTP status: 503 Service Unavailable"), "IMAGE_PULL"],
    [
      "TaskFailedToStart",
      cannotStart("unable to find user nobody-such: no matching entries in passwd file"),
      "BAD_COMMAND",
    ],
    ["EssentialContainerExited", "OutOfMemoryError: Container killed due to memory usage", "OUT_OF_MEMORY"],
    ["EssentialContainerExited", "write /benchstack/step/x: no space left on device", "DISK_LIMIT"],
  ];
  for (const [code, reason, failure] of failed) {
    it(`${reason} fails the step with ${failure}, also when only a container says so`, () => {
      for (const verdict of [stop(code, reason), stop(code, "", reason)]) {
        assert.equal(verdict.kind === "failed" && verdict.code, failure);
      }
    });
  }
});

describe("a failure of a step whose disk is its own", () => {
  it("is DISK_LIMIT when the disk is full, and stays what it is otherwise", () => {
    const thrown = (code: string) => onOwnDisk(asStepFailure(Object.assign(new Error("write"), { code }))).code;
    assert.deepEqual([thrown("ENOSPC"), thrown("EIO")], ["DISK_LIMIT", "WORKER_ERROR"]);
  });
});
