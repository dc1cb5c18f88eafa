import * as z from "zod";
import { capacityProfilesSchema } from "../jobs/rules/capacity.ts";

/** What a function's environment must say. The deployment and the local platform both write exactly these. */
export const environmentSchema = z.object({
  /** libpq form. */
  DATABASE_URL: z.string().min(1),
  DATABASE_MAX_CONNECTIONS: z.coerce.number().int().min(1).default(1),
  AWS_REGION: z.string().min(1),
  /** Another S3 than AWS's. */
  AWS_ENDPOINT_URL_S3: z.string().optional(),
  /** Buckets in the path instead of the host name, as an S3 at an address wants it. */
  S3_FORCE_PATH_STYLE: z.stringbool().default(false),
  UPLOADS_BUCKET: z.string().min(1),
  JOBS_BUCKET: z.string().min(1),
  /** Where browsers and scripts reach the object store, if that is not where we do. */
  PUBLIC_S3_ENDPOINT: z.string().optional(),
  /** What comes before a queue's name in its URL. */
  QUEUE_URL_PREFIX: z.string().min(1),
  /** What comes before it in its ARN. */
  QUEUE_ARN_PREFIX: z.string().min(1),
  CONTROL_QUEUE: z.string().min(1),
  /** Takes the count of open jobs where workers are started and stopped by it. */
  SCALING_QUEUE: z.string().min(1).optional(),
  /** Namespace of the metrics of queues, where the log is read for them. */
  METRICS_NAMESPACE: z.string().min(1).optional(),
  /** Takes the ids of messages to be sent. Without it mail is kept, and not sent. */
  MAIL_QUEUE: z.string().min(1).optional(),
  /** How the names of organizers' queues begin, which are made at run time. */
  ORGANIZER_QUEUE_PREFIX: z.string().min(1).max(40),
  /** Where people reach the platform, without a slash at the end. */
  PUBLIC_URL: z.string().min(1),
  /** Longest a step may run on the default queue, in seconds. */
  MAX_EXECUTION_TIME_LIMIT: z.coerce.number().int().min(1).default(600),
  /** Whether programs of competitions that want a network have one; else none has. */
  ALLOW_NETWORK: z.stringbool().default(false),
  /** Sizes and places that queues choose from, as JSON. */
  CAPACITY_PROFILES: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(capacityProfilesSchema),
  /** Whether anyone may sign up. */
  ENABLE_SIGN_UP: z.stringbool().default(true),
});
export type Environment = z.infer<typeof environmentSchema>;
