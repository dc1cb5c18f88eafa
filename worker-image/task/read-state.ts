import { z } from "zod";
import { failureCodes } from "../../lambdas/domain/job.ts";
import { httpError } from "../http.ts";
import type { TaskState } from "./contract.ts";

const count = z.number().nonnegative();
const stream = z.object({ bytes: count, truncated: z.boolean() });
const name = z.enum(["prediction", "scoring"]);

/** `supervise` is ours, but it runs beside code that is not: what it says is checked like anybody's. */
const stateSchema = z.object({
  launch: z.int().min(1),
  stage: z.enum(["preparing", "running", "done"]),
  result: z
    .object({
      report: z.object({
        name,
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
        collected: z.array(z.string()),
        md5: z.record(z.string(), z.string()),
      }),
      failure: z.object({ code: z.enum(failureCodes), message: z.string() }).nullable(),
      interrupted: z.boolean(),
    })
    .nullable(),
});

/** A signed GET of an object that is not there answers 404, or 403 if the signer may not list. */
const notThere: ReadonlySet<number> = new Set([403, 404]);
const patienceMs = 20_000;

/** What a task has written so far; null before it has written anything, or when the store does not answer. */
export async function readTaskState(url: string): Promise<TaskState | null> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    if (!response.ok && !notThere.has(response.status)) throw await httpError(response);
  } catch {
    return null;
  }
  if (response.ok) return stateSchema.parse(await response.json());
  await response.body?.cancel();
  return null;
}
