import * as z from "zod";
import { stepNamePattern } from "../../../contract/job.ts";

const text = z.string().max(1000);
/** A number of bytes or seconds. The highest is more than any machine has, and still an exact integer. */
const count = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);
const stream = z.object({ bytes: count, truncated: z.boolean() });

export const stepName = z.string().regex(stepNamePattern);

/** Checks a `StepReport` from outside: in the API, and in a worker that reads it from an ECS task. */
export const stepReportSchema = z.object({
  name: stepName,
  containers: z.array(
    z.object({
      name: z.enum(["program", "ingestion"]),
      ran: z.boolean(),
      exitCode: z.int().nullable(),
      outOfMemory: z.boolean(),
      elapsedSeconds: count,
      logs: z.object({ stdout: stream, stderr: stream }),
    }),
  ),
  usage: z.object({
    wallSeconds: count,
    cpuSeconds: count,
    peakMemoryBytes: count,
    downloadedBytes: count,
    uploadedBytes: count,
    preparingSeconds: count,
  }),
  outputBytes: count.nullable(),
  collected: z.array(text),
  md5: z.record(text, z.string().regex(/^[0-9a-f]{32}$/)),
  warnings: z
    .array(z.object({ code: z.string().max(40), message: z.string().transform((message) => message.slice(0, 1000)) }))
    .max(20)
    .optional(),
});
