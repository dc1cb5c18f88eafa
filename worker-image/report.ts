/** Reports as the platform can take them, and their delivery. */
import type { AttemptReport, StepReport, Usage, Warning } from "../contract/job.ts";
import type { WorkerApi } from "./api-client.ts";
import { HttpError } from "./http.ts";
import type { Log } from "./log.ts";
import { shortText } from "./plain-text.ts";

/** What the platform accepts (`lambdas/jobs/rules/step-report.ts`). Commands and answers of engines in a message can be long. */
const maxMessageLength = 2_000;
const maxUnwellLength = 500;
const maxWarnings = 20;
const maxWarningLength = 1_000;

/** A number of bytes or seconds. Clocks of engines may jump, and files of the kernel be empty. */
const count = (value: number): number =>
  Number.isNaN(value) ? 0 : Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, value));

/** A report that says the same and breaks no rule, whatever programs, archives and engines said. */
export function tidied({ outcome, failure, unwell, steps }: AttemptReport): AttemptReport {
  return {
    outcome,
    failure: failure && { ...failure, message: shortText(failure.message, maxMessageLength) },
    ...(unwell !== undefined && { unwell: shortText(unwell, maxUnwellLength) }),
    steps: steps.map(tidiedStep),
  };
}

function tidiedStep(step: StepReport): StepReport {
  const { containers, usage, outputBytes, warnings } = step;
  return {
    ...step,
    containers: containers.map(({ elapsedSeconds, ...container }) => ({
      ...container,
      elapsedSeconds: count(elapsedSeconds),
    })),
    usage: Object.fromEntries(
      Object.entries(usage).map(([name, value]) => [name, count(value as number)]),
    ) as unknown as Usage,
    outputBytes: outputBytes === null ? null : count(outputBytes),
    ...(warnings && { warnings: warnings.slice(0, maxWarnings).map(tidiedWarning) }),
  };
}

const tidiedWarning = ({ code, message }: Warning<string>): Warning<string> => ({
  code,
  message: shortText(message, maxWarningLength),
});

/** A report with less and less in it. The last one has only what the platform needs to end the job rightly. */
function reductions(report: AttemptReport): AttemptReport[] {
  const { failure, steps } = report;
  const withoutDetails = steps.map((step) => ({ ...step, md5: {}, warnings: [] }));
  const least = withoutDetails.map(({ name, outputBytes, collected }): StepReport => ({
    name,
    containers: [],
    usage: {
      wallSeconds: 0,
      cpuSeconds: 0,
      peakMemoryBytes: 0,
      downloadedBytes: 0,
      uploadedBytes: 0,
      preparingSeconds: 0,
    },
    outputBytes,
    collected,
    md5: {},
  }));
  const said = failure && {
    ...failure,
    message: "The platform did not accept what the worker said about this failure.",
  };
  return [report, { ...report, steps: withoutDetails }, { ...report, failure: said, steps: least }];
}

/** The platform refuses the content of a report. It would refuse the same report for ever. */
const refusals: ReadonlySet<number> = new Set([400, 413, 422]);
/** The platform fails. If it fails with the same report for this long, the report may be why. */
const internalError = 500;
const maxInternalErrorMs = 10_000;

/**
 * Hands in the final report of an attempt, and retries for `patienceMs`. If the platform cannot take it, it is reduced until
 * it is taken. Returns whether the report counted. Throws the last refusal.
 */
export async function handIn(
  api: WorkerApi,
  attempt: string,
  report: AttemptReport,
  { patienceMs, log }: { patienceMs: number; log: Log },
): Promise<boolean> {
  const [whole, ...reduced] = reductions(tidied(report));
  let form = whole as AttemptReport;
  for (;;) {
    const next = reduced.shift();
    let failingSince: number | undefined;
    const givesUp = (error: unknown) => {
      if (next === undefined || !(error instanceof HttpError) || error.status !== internalError) return false;
      failingSince ??= performance.now();
      return performance.now() - failingSince > maxInternalErrorMs;
    };
    try {
      return (await api.complete(attempt, form, patienceMs, givesUp)).accepted;
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 0;
      if (!refusals.has(status) && status !== internalError) throw error;
      log.error("report.refused", { status, fault: refusals.has(status) ? "worker" : "platform", error });
      if (next === undefined) throw error;
      form = next;
    }
  }
}
