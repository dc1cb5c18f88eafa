import * as z from "zod";
import { stepNamePattern, type AttemptReport, type JobSpec } from "../../../contract/job.ts";
import { keepableText } from "../../../contract/keepable.ts";

const text = z.string().max(1000);
/** Text that a program or a system wrote. A longer one is cut, because a report that is refused would lose its run. */
export const foreignText = (most: number) => z.string().transform((text) => keepableText(text, most));
/** A number that a worker measured. One that cannot be is brought into the range, for the same reason. */
const measured = (most: number) => z.number().transform((n) => Math.min(Math.max(n, 0), most));
/** Whole, and at most the highest exact integer, which is more than any machine has. */
const bytes = measured(Number.MAX_SAFE_INTEGER).transform(Math.round);
/** Up to a year. */
const seconds = measured(366 * 24 * 3600);
const stream = z.object({ bytes, truncated: z.boolean() });
/** More than any job collects or fetches. */
const maxNames = 100;

export const stepName = z.string().regex(stepNamePattern);

/** Checks a `StepReport` from outside: in the API, and in a worker that reads it from an ECS task. */
export const stepReportSchema = z.object({
  name: stepName,
  containers: z
    .array(
      z.object({
        name: z.enum(["program", "ingestion"]),
        ran: z.boolean(),
        exitCode: z.int().nullable(),
        outOfMemory: z.boolean(),
        elapsedSeconds: seconds,
        logs: z.object({ stdout: stream, stderr: stream }),
      }),
    )
    .max(2),
  usage: z.object({
    wallSeconds: seconds,
    cpuSeconds: seconds,
    peakMemoryBytes: bytes,
    downloadedBytes: bytes,
    uploadedBytes: bytes,
    preparingSeconds: seconds,
  }),
  outputBytes: bytes.nullable(),
  collected: z.array(text).max(maxNames),
  md5: z
    .record(text, z.string().regex(/^[0-9a-f]{32}$/))
    .refine((md5) => Object.keys(md5).length <= maxNames, `At most ${maxNames}.`),
  warnings: z
    .array(z.object({ code: z.string().max(40), message: foreignText(1000) }))
    .max(20)
    .optional(),
});

/** What a report says about the steps of its job: about each at most once, about no other, and only of files that it collects. */
export const reportOf = ({ steps }: JobSpec, report: AttemptReport): AttemptReport => ({
  ...report,
  steps: steps.flatMap(({ name, collect }) => {
    const step = report.steps.find((one) => one.name === name);
    return step ? { ...step, collected: step.collected.filter((file) => collect.some(({ as }) => as === file)) } : [];
  }),
});
