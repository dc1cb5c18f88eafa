import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { AttemptReport, Progress, WorkerIdentity } from "../../../lambdas/domain/job.ts";
import { Attempt } from "../../../worker-image/attempt.ts";
import { EcsStepRunner } from "../../../worker-image/launchers/ecs.ts";
import type { EcsConfig } from "../../../worker-image/launchers/ecs-config.ts";
import { patience } from "../../../worker-image/launchers/ecs-patience.ts";
import type { Patience } from "../../../worker-image/launchers/ecs-patience.ts";
import type { Log } from "../../../worker-image/log.ts";
import { Platform } from "../../../worker-image/platform.ts";
import { ecrLogin } from "../../../worker-image/registry/ecr.ts";
import { ImageImporter } from "../../../worker-image/registry/image-importer.ts";
import type { RunningTask } from "../../support/ecs/task.ts";
import type { EcsLab } from "./ecs-lab.ts";
import type { TestSubmission } from "./lab.ts";
import type { SeenAttempt, SeenJob } from "./stand-in.ts";

/** An attempt that this process runs itself, so that its test says how patient the launcher is. */
export interface OwnAttempt {
  job: SeenJob;
  seen: SeenAttempt;
  progress: Progress[];
  /** What it told that it waits for, in order; but for its image, which only the first test to need it waits for. */
  waiting: () => string[];
  report: Promise<AttemptReport | null>;
  interrupt: Attempt["interrupt"];
  /** Of a step, in the order of their launches. */
  tasks: (step: "prediction" | "scoring") => RunningTask[];
}

export interface OwnAttemptOptions {
  patience?: Partial<Patience>;
  profiles?: EcsConfig["profiles"];
  /** That images are imported into; the lab's unless given. */
  repository?: string;
  log: Log;
}

/** Submits a job, claims it and runs it. Not for two at a time: whoever claims gets the oldest job. */
export async function ownAttempt(ecs: EcsLab, test: TestSubmission, options: OwnAttemptOptions): Promise<OwnAttempt> {
  const { lab } = ecs;
  const { log } = options;
  // As the environment of a worker has it.
  Object.assign(process.env, { ...ecs.environment, AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" });
  const platform = new Platform(lab.api.url, lab.token);
  const config = ecs.config(options.profiles);
  const { repository = config.images.repository } = options;
  const runner = new EcsStepRunner({
    config,
    images: new ImageImporter({ ...config.images, repository, login: ecrLogin() }),
    region: "us-east-1",
    platform,
    lookPauseMs: 100,
    patience: { ...patience, ...options.patience },
    log,
  });
  const identity: WorkerIdentity = { id: randomUUID(), instance: randomUUID(), host: "test", launcher: runner.kind, slots: 1, version: "test" };
  await platform.register(identity);
  const job = await lab.submit(test);
  const { manifest } = await platform.claim(identity, lab.queueUrl, 10_000);
  if (manifest?.attempt.jobId !== job.id) throw new Error("another job was claimed");
  const progress: Progress[] = [];
  const attempt = new Attempt({
    manifest,
    folder: join(await lab.newHome(), "attempt"),
    runner,
    onProgress: (made) => progress.push(made),
    log,
  });
  const seen = job.attempts[0]!;
  const reported = async () => {
    const report = await attempt.run().finally(() => attempt.cleanUp());
    if (report) await platform.complete(seen.id, report, 10_000);
    return report;
  };
  return {
    job,
    seen,
    progress,
    waiting: () => progress.flatMap(({ waiting = [] }) => (waiting === "importing image" ? [] : waiting)),
    report: reported(),
    interrupt: (why) => attempt.interrupt(why),
    tasks: (step) => ecs.ecs.tasks.filter(({ request }) => request.startedBy?.startsWith(`${manifest.attempt.id}/${step}/`)),
  };
}
