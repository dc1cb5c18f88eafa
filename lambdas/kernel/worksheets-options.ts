/** How worksheets are set up: what a deployment, or the platform on one machine, may say. */
import * as z from "zod";

export const worksheetsOptionsSchema = z.strictObject({
  /** Only people to whom an administrator has given access may use worksheets, also to read. */
  protectedMode: z.boolean().default(false),
  /** Commands, tags and metadata must be ASCII, as CodaLab Worksheets itself wants it. */
  asciiOnly: z.boolean().default(false),
  /** How long the runs of a person may use the platform's workers, unless an administrator has set another time. */
  timeQuotaSeconds: z
    .int()
    .min(0)
    .default(365 * 86_400),
  /** How many runs of a person run at the same time on the platform's workers, unless an administrator has set another number. */
  parallelRuns: z.int().min(0).default(3),
  /** The image of runs that name none. */
  image: z.string().min(1).default("codalab/default-cpu:latest"),
  /** The same for runs that want GPUs. */
  gpuImage: z.string().min(1).default("codalab/default-gpu:latest"),
});

export type WorksheetsOptions = z.infer<typeof worksheetsOptionsSchema>;
