import { emptyReport } from "../../../worker-image/step.ts";
import type { AttemptContext, AttemptSteps, StepRunner } from "../../../worker-image/step-runner.ts";

/** Runs no containers: what a step does is what a test says. */
export class HeldSteps implements StepRunner {
  readonly kind = "ecs";
  readonly capabilities = { outlivesWorker: true };
  readonly trial = null;
  readonly #run: (step: { name: string; profile?: string }, attempt: AttemptContext) => Promise<void>;

  constructor(run: HeldSteps["run"]) {
    this.#run = run;
  }

  get run() {
    return this.#run;
  }

  removeLeftovers(): Promise<number> {
    return Promise.resolve(0);
  }

  begin(attempt: AttemptContext): AttemptSteps {
    return {
      run: async (step) => {
        await this.#run(step, attempt);
        return { failure: null, settled: Promise.resolve({ report: emptyReport(step), failure: null }) };
      },
      answer: () => Promise.resolve(),
      cleanUp: () => Promise.resolve(),
    };
  }
}
