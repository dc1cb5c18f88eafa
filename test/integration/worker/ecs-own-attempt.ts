import { backendsOf } from "../../../worker-image/launchers/placed/backends.ts";
import { PlacedStepRunner } from "../../../worker-image/launchers/placed/runner.ts";
import type { EcsConfig } from "../../../worker-image/launchers/ecs/config.ts";
import { patience } from "../../../worker-image/launchers/placed/patience.ts";
import type { Patience } from "../../../worker-image/launchers/placed/patience.ts";
import { WorkerApi } from "../../../worker-image/api-client.ts";
import { ecrLogin } from "../../../worker-image/registry/ecr.ts";
import { ImageImporter } from "../../../worker-image/registry/image-importer.ts";
import type { RunningTask } from "../../support/ecs/task.ts";
import type { EcsLab } from "./ecs-lab.ts";
import type { TestSubmission } from "./lab.ts";
import { ownAttempt } from "./own-attempt.ts";
import type { OwnAttempt, OwnAttemptOptions } from "./own-attempt.ts";

/** One whose steps are tasks. */
export interface EcsAttempt extends OwnAttempt {
  /** What it told that it waits for, in order; but for its image, which only the first test to need it waits for. */
  waiting: () => string[];
  /** Of a step, in the order of their launches. */
  tasks: (step: "prediction" | "scoring") => RunningTask[];
}

export interface EcsAttemptOptions extends Omit<OwnAttemptOptions, "runner"> {
  patience?: Partial<Patience>;
  profiles?: EcsConfig["profiles"];
  /** That images are imported into; the lab's unless given. */
  repository?: string;
}

/** Submits a job, claims it and runs it as tasks. Not for two at a time. */
export async function ecsAttempt(ecs: EcsLab, test: TestSubmission, options: EcsAttemptOptions): Promise<EcsAttempt> {
  const { lab } = ecs;
  const { log, renewalMs } = options;
  // As the environment of a worker has it.
  Object.assign(process.env, {
    ...ecs.environment,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
  });
  const config = ecs.config(options.profiles);
  const { repository = config.images.repository } = options;
  const images = new ImageImporter({ ...config.images, repository, login: ecrLogin() });
  const runner = new PlacedStepRunner({
    config,
    backends: backendsOf(config, { region: "us-east-1", images, lookPauseMs: 100, log }),
    images,
    api: new WorkerApi(lab.api.url, lab.token),
    loginKey: ecs.loginKey,
    lookPauseMs: 100,
    patience: { ...patience, ...options.patience },
    log,
  });
  const attempt = await ownAttempt(lab, test, { runner, renewalMs, log });
  return {
    ...attempt,
    waiting: () => attempt.progress.flatMap(({ waiting = [] }) => (waiting === "importing image" ? [] : waiting)),
    tasks: (step) =>
      ecs.ecs.tasks.filter(({ request }) => request.startedBy?.startsWith(`${attempt.seen.id}/${step}/`)),
  };
}
