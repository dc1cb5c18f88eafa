import type { Db } from "../../kernel/db/connection.ts";

/** What is stored of an account itself, without what only proves who somebody is. */
export async function accountRow(db: Db, id: number) {
  return db
    .selectFrom("users")
    .select([
      "id",
      "username",
      "email",
      "confirmed_email",
      "created_when",
      "is_superuser",
      "is_bot",
      "is_banned",
      "ban_reason",
      "banned_until",
      "queue_limit",
      "storage_quota_bytes",
      "display_name",
      "first_name",
      "last_name",
      "title",
      "location",
      "biography",
      "personal_url",
      "linkedin_url",
      "twitter_url",
      "github_url",
      "organizer_direct_message_updates",
      "allow_forum_notifications",
      "allow_organization_invite_emails",
      "email_on_submission_finished",
      "last_seen",
      "photo_key",
    ])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
}
