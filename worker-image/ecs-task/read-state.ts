import * as z from "zod";
import { failureCodes } from "../../contract/job.ts";
import { stepReportSchema } from "../../lambdas/jobs/rules/step-report.ts";
import { httpError } from "../http.ts";
import type { EcsTaskState } from "./contract.ts";

/** `supervise` is our code, but it runs next to code of others, so its messages are validated like any input. */
const stateSchema = z.object({
  launch: z.int().min(1),
  stage: z.enum(["preparing", "running", "done"]),
  result: z
    .object({
      report: stepReportSchema,
      failure: z.object({ code: z.enum(failureCodes), message: z.string() }).nullable(),
      neverStarted: z.boolean().optional(),
      interrupted: z.boolean(),
    })
    .nullable(),
});

/** A signed GET of a missing object answers 404, or 403 if the signer may not list the bucket. */
const notThere: ReadonlySet<number> = new Set([403, 404]);
const patienceMs = 20_000;

/** The last state that an ECS task wrote; null before the first one, or when the object store does not answer. */
export async function readEcsTaskState(url: string): Promise<EcsTaskState | null> {
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
