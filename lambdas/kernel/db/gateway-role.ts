import type { Grants } from "./worker-role.ts";

/**
 * What the gateway for the contents of worksheet bundles may read and write: who asks, what they may read, and how much they store.
 * It reads no password and no file of a competition, and writes bundles and their index only. If its code needs more, add it here:
 * `worksheets/contents.test` fails without. Take a grant away one release after the code that used it.
 */
export const gatewayGrants: Record<string, Grants> = {
  api_tokens: { select: true, update: ["last_used", "expires_at"] },
  // Locked, so that what a person stores stays below the quota.
  users: {
    select: [
      ...["id", "username", "display_name", "first_name", "last_name", "email", "confirmed_email", "personal_url"],
      ...[
        "created_when",
        "last_seen",
        "is_superuser",
        "is_bot",
        "is_banned",
        "ban_reason",
        "banned_until",
        "deleted_when",
      ],
      "storage_quota_bytes",
    ],
    update: ["last_seen"],
  },
  maintenance: { select: true },
  worksheet_users: { select: true },
  worksheet_groups: { select: true },
  worksheet_group_members: { select: true },
  run_seconds: { select: true },
  bundle_permissions: { select: true },
  bundle_dependencies: { select: true },
  bundles: {
    select: true,
    update: ["state", "metadata", "content", "content_key", "data_size", "announced_bytes", "changed_when"],
  },
  bundle_contents: { select: true, insert: true, update: ["alive_when", "entries"], delete: true },
  bundle_files: { select: true, insert: true, update: true },
  outbox: { select: true, insert: true, update: ["sent_when"] },
  // What else a person stores counts for the same quota.
  datasets: { select: ["created_by", "type", "was_created_by_competition", "upload_completed_when", "file_size"] },
  submissions: { select: ["uuid", "owner_id", "output_bytes", "log_bytes", "is_soft_deleted", "files_deleted_when"] },
  competition_creations: { select: ["created_by", "status", "progress"] },
  // Files of runs are read from their workers.
  jobs: { select: ["id", "state", "attempt_id", "spec"] },
  attempts: { select: ["id", "job_id", "progress"] },
  questions: { select: true, insert: true, delete: true },
};
