import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { AttemptReport, Progress, WorkerIdentity } from "../../../contract/job.ts";
import { Attempt } from "../../../worker-image/attempt.ts";
import type { Log } from "../../../worker-image/log.ts";
import { WorkerApi } from "../../../worker-image/api-client.ts";
import type { StepRunner } from "../../../worker-image/step-runner.ts";
import type { Lab, TestSubmission } from "./lab.ts";
import type { SeenAttempt, SeenJob } from "./stand-in.ts";

/** An attempt that this process runs itself, so that its test says how patient it is. */
export interface OwnAttempt {
  job: SeenJob;
  seen: SeenAttempt;
  progress: Progress[];
  report: Promise<AttemptReport | null>;
  interrupt: Attempt["interrupt"];
}

export interface OwnAttemptOptions {
  runner: StepRunner;
  renewalMs?: number | undefined;
  log: Log;
}

/** Submits a job, claims it and runs it. Not for two at a time: whoever claims gets the oldest job. */
export async function ownAttempt(
  lab: Lab,
  test: TestSubmission,
  { runner, renewalMs, log }: OwnAttemptOptions,
): Promise<OwnAttempt> {
  const api = new WorkerApi(lab.api.url, lab.token);
  const identity: WorkerIdentity = {
    id: randomUUID(),
    instance: randomUUID(),
    host: "test",
    launcher: runner.kind,
    capabilities: runner.capabilities,
    slots: 1,
    version: "test",
  };
  await api.register(identity);
  const job = await lab.submit(test);
  const { manifest } = await api.claim(identity, lab.queueUrl, 10_000);
  if (manifest?.attempt.jobId !== job.id) throw new Error("another job was claimed");
  const seen = job.attempts[0]!;
  const progress: Progress[] = [];
  const attempt = new Attempt({
    manifest,
    renew: async () => (await api.renew(seen.id)).manifest,
    ...(renewalMs === undefined ? {} : { renewalMs }),
    folder: join(await lab.newHome(), "attempt"),
    runner,
    onProgress: (made) => progress.push(made),
    log,
  });
  const reported = async () => {
    let report;
    try {
      report = await attempt.run();
    } finally {
      await attempt.cleanUp();
    }
    if (report) await api.complete(seen.id, report, 10_000);
    return report;
  };
  return { job, seen, progress, report: reported(), interrupt: (why) => attempt.interrupt(why) };
}
