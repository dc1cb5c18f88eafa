import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { workerCommand } from "../../../lambdas/jobs/api/worker-command.ts";

describe("the command that starts a worker", () => {
  it("reaches a platform on this machine from inside its container", () => {
    for (const url of ["http://127.0.0.1:8000", "http://localhost:9000", "http://[::1]:8000"])
      assert.match(workerCommand(url, "bsw_1"), / --network host .*BENCHSTACK_API_URL=/, url);
  });

  it("names the image that the platform's administrator published, or the one that organizers build (A-177)", () => {
    const image = "public.ecr.aws/example/benchstack-worker:1.0.0";
    assert.ok(workerCommand("https://bench.example.org", "bsw_1", image).endsWith(` ${image}`));
    assert.ok(workerCommand("https://bench.example.org", "bsw_1").endsWith(" benchstack-worker"));
  });

  it("has a network of its own where the platform is elsewhere", () => {
    for (const url of ["https://bench.example.org", "http://192.0.2.1:8000", "https://localhost.example.org"])
      assert.doesNotMatch(workerCommand(url, "bsw_1"), /--network/, url);
  });
});
