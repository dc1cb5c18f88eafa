import type { DatabaseRole } from "../kernel/db/roles.ts";

/**
 * The areas of the API: one Lambda function each. The deployment and the local platform both create their routing from
 * this table. `paths` are prefixes.
 */
export const areas = {
  accounts: {
    paths: [
      "/api/api-token-auth",
      "/api/signup",
      "/api/users",
      "/api/audit",
      "/api/announcements",
      "/api/news",
      "/api/maintenance",
      "/api/mails",
      "/api/organizations",
      "/api/my_profile",
      "/api/user_lookup",
      "/api/session",
      "/api/sessions",
      "/api/tokens",
      "/api/account",
      "/api/config",
      "/api/invitations",
      "/api/admin/users",
      "/accounts/login",
      "/accounts/logout",
      "/accounts/unsubscribe",
      "/accounts/confirm",
      "/accounts/delete",
      "/accounts/password_reset",
      "/api/api-auth/login",
    ],
    entry: "lambdas/functions/api/accounts.ts",
  },
  datasets: {
    paths: [
      "/api/datasets",
      "/datasets/download",
      "/api/tasks",
      "/api/storage",
      "/api/user_quota",
      "/api/user_quota_cleanup",
      "/api/delete_unused_tasks",
      "/api/delete_unused_datasets",
      "/api/delete_unused_submissions",
      "/api/delete_failed_submissions",
      "/api/delete_unused_starting_kits",
      "/api/delete_unused_competition_bundles_and_dumps",
    ],
    entry: "lambdas/functions/api/datasets.ts",
  },
  competitions: {
    paths: [
      "/api/competitions",
      "/api/phases",
      "/api/can_make_submission",
      "/api/leaderboards",
      "/api/participants",
      "/api/queues",
      "/api/budget",
      "/api/analytics",
      "/api/exports",
      "/api/server_status",
    ],
    entry: "lambdas/functions/api/competitions.ts",
    managesQueues: true,
  },
  submissions: { paths: ["/api/submissions", "/api/submission_scores"], entry: "lambdas/functions/api/submissions.ts" },
  /** The protocol of CodaLab Worksheets, for `cl`. */
  worksheets: { paths: ["/rest"], entry: "lambdas/functions/api/worksheets.ts" },
  worker: {
    paths: ["/api/worker"],
    // Heartbeats and reports, which the claims and questions of many workers must not hold up.
    ownLimits: ["/api/worker/attempts"],
    entry: "lambdas/functions/api/worker.ts",
    databaseRole: "benchstack_worker",
  },
  /** Runs outside the VPC, where it can assume roles. It calls the function of the area in `asks`. */
  credentials: {
    paths: ["/api/worker-credentials"],
    entry: "lambdas/functions/api/worker-credentials.ts",
    asks: "worker",
    kind: "credentials",
  },
  /** Runs outside the VPC, where it reaches identity providers. */
  "sign-in": {
    paths: ["/accounts/sign-in"],
    entry: "lambdas/functions/api/sign-in.ts",
    asks: "accounts",
    kind: "signIn",
  },
  description: {
    paths: ["/api/schema.json", "/api/api/schema", "/api/docs", "/api/redoc"],
    entry: "lambdas/functions/api/description.ts",
  },
} as const satisfies Record<string, AreaShape>;

interface AreaShape {
  paths: readonly string[];
  ownLimits?: readonly string[];
  entry: string;
  databaseRole?: DatabaseRole;
  managesQueues?: true;
  asks?: string;
  kind?: "credentials" | "signIn";
}
