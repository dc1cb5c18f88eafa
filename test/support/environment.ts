import { openSignIn, signInVariable } from "../../lambdas/accounts/rules/sign-in-options.ts";
import { toEnvironment, type Variables } from "../../lambdas/kernel/environment.ts";

const variables: Variables<"inside"> = {
  DATABASE_URL: "postgresql://127.0.0.1:1/none",
  UPLOADS_BUCKET: "uploads",
  JOBS_BUCKET: "jobs",
  QUEUE_URL_PREFIX: "http://127.0.0.1:1/000000000000/",
  QUEUE_ARN_PREFIX: "arn:aws:sqs:us-east-1:000000000000:",
  CONTROL_QUEUE: "control",
  SCALING_QUEUE: undefined,
  MAIL_QUEUE: undefined,
  DEFAULT_QUEUE: "default",
  ORGANIZER_QUEUE_PREFIX: "queue-",
  METRICS_NAMESPACE: undefined,
  PUBLIC_URL: "https://bench.example.org",
  SIGN_IN: signInVariable(openSignIn),
  FREE_TRIES: "{}",
  DELETION_GRACE_DAYS: "14",
  MAX_EXECUTION_TIME_LIMIT: "600",
  STORAGE_QUOTA_BYTES: "15000000000",
  WORKSHEETS: "{}",
  ALLOW_NETWORK: "false",
  STREAMS_CONTENTS: "everything",
  LINK_FOLDERS: undefined,
  ORGANIZER_IMAGE: undefined,
  HOST_OFFER: undefined,
  NODE_EXTRA_CA_CERTS: undefined,
};

/** The environment of a function inside the VPC, for tests that run its handler without a platform. */
export const insideEnvironment = (own: Partial<Variables<"inside">>): Record<string, string> =>
  toEnvironment<"inside">({ ...variables, ...own });
