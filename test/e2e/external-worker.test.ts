import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, it } from "@jest/globals";
import { promisify } from "node:util";
import { bundleFiles, publishCompetition, register, submit } from "../support/competitions.ts";
import { requireDocker } from "../support/docker.ts";
import { agentImage, buildAgentImage } from "../support/ecs/agent-image.ts";
import { temporaryFolder } from "../support/files.ts";
import { ended, startTestPlatform } from "../support/platform.ts";
import type { TestPlatform } from "../support/platform.ts";
import { waitFor } from "../support/wait.ts";

const execute = promisify(execFile);
const container = `benchstack-test-${randomUUID()}`;

let platform: TestPlatform;
let home: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  await requireDocker();
  await buildAgentImage();
  home = await temporaryFolder();
  platform = await startTestPlatform({ database: "postgres", worker: null });
});
afterAll(async () => {
  await execute("docker", ["rm", "--force", container]);
  await platform.close();
  await home.remove();
});

const logs = async () => (await execute("docker", ["logs", container])).stdout;

const state = async () => {
  const format = "{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}} {{.HostConfig.RestartPolicy.Name}}";
  return (await execute("docker", ["inspect", "--format", format, container])).stdout.trim();
};

it("the line that comes with a token starts a worker that runs what is submitted to the queue, until the queue is deleted", async () => {
  const [organizer, ada] = await Promise.all([platform.newPerson(), platform.newPerson()]);
  const { body: queue } = await organizer.send<{ id: string }>("POST", "/api/queues/", { json: { name: "our box" } });
  const competition = await publishCompetition(organizer, bundleFiles({ queue: queue.id }));
  await register(competition, ada);
  const { body: token } = await organizer.send<{ id: string; command: string }>(
    "POST",
    `/api/queues/${queue.id}/tokens/`,
    { json: {} },
  );

  // The image has the name that tests build it under.
  const words = token.command
    .replaceAll("/var/lib/benchstack-worker", home.path)
    .replace("--name benchstack-worker", `--name ${container} -e BENCHSTACK_WORKER_HOME=${home.path}`)
    .replace(/benchstack-worker$/, agentImage)
    .split(" ");
  assert.equal(words.shift(), "docker");
  await execute("docker", words);

  const submission = await submit(ada, competition.phases[0]!.id, { "answer.txt": "0.5" });
  const { status, status_details } = await ended(ada, submission, 120_000);
  assert.deepEqual([status, status_details], ["Finished", null], await logs());
  const workers = (await organizer.send("GET", `/api/queues/${queue.id}/workers/`)).body as unknown as {
    launcher: string;
  }[];
  assert.deepEqual(
    workers.map(({ launcher }) => launcher),
    ["docker"],
  );

  assert.equal((await organizer.send("DELETE", `/api/queues/${queue.id}/`)).status, 204);
  await waitFor("the worker to say why it ends", async () =>
    /BENCHSTACK_WORKER_TOKEN is not valid any more/.test(await logs()),
  );
  // The engine would have restarted it meanwhile, and it would have said so again.
  await waitFor("the container to end", async () => (await state()) === "exited 2 0 no");
  assert.equal((await logs()).match(/"worker\.ready"/g)?.length, 1);
});
