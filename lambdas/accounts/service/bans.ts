import { banSentence, type Ban } from "../rules/ban.ts";
import { Refusal } from "../../kernel/refusal.ts";

/** Refuses somebody who is banned, and tells why and until when: in a sentence, and in fields for programs. */
export function requireNoBan(user: Ban & { is_banned: boolean }): void {
  if (!user.is_banned) return;
  const { ban_reason: reason, banned_until: until } = user;
  throw new Refusal("forbidden", "BANNED", banSentence(user, "This account"), {
    ...(reason === null ? {} : { ban_reason: [reason] }),
    ...(until === null ? {} : { banned_until: [until.toISOString()] }),
  });
}
