/** What was done on the platform, and the mail that it wrote. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../../api/client.ts";
import type { AuditEvent } from "../../audit/event-table.tsx";
import { only, pageSize } from "../parts/given.ts";

export type Mail = Shape<"Mail">;
type Subject = AuditEvent["subject"]["kind"];

export const statuses = ["failed", "waiting", "sending", "sent", "kept"] as const satisfies Mail["status"][];

/** What the trail can be filtered by, the most asked for first. */
export const subjects = [
  "user",
  "competition",
  "submission",
  "participant",
  "phase",
  "leaderboard",
  "task",
  "dataset",
  "queue",
  "worker_token",
  "job",
  "budget",
  "capacity_request",
  "organization",
  "invitation",
  "announcement",
  "news",
  "maintenance",
  "mail",
  "records",
  "thread",
  "post",
] as const satisfies Subject[];

export interface MailSearch {
  status?: Mail["status"] | undefined;
  /** A whole mail address. */
  q?: string | undefined;
  page?: number | undefined;
}

export const mailsQuery = ({ status, q, page = 1 }: MailSearch) =>
  queryOptions({
    queryKey: ["admin", "mails", { status, q, page }],
    queryFn: () =>
      ask(
        api.GET("/api/mails/", { params: { query: { page, page_size: pageSize, ...only({ status, recipient: q }) } } }),
      ),
    placeholderData: keepPreviousData,
  });

export interface AuditSearch {
  q?: string | undefined;
  who?: string | undefined;
  subject?: (typeof subjects)[number] | undefined;
  /** Days in the reader's time zone. */
  since?: string | undefined;
  until?: string | undefined;
  page?: number | undefined;
}

/** A moment of a day in the reader's time zone; undefined if the address names no day. */
function momentOf(day: string | undefined, time: string): string | undefined {
  const moment = new Date(`${day}T${time}`);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}

/** What the API is asked for. */
export const auditParameters = ({ q, who, subject, since, until }: AuditSearch) =>
  only({
    search: q,
    username: who,
    subject,
    since: momentOf(since, "00:00:00"),
    until: momentOf(until, "23:59:59.999"),
  });

export const auditQuery = (search: AuditSearch) =>
  queryOptions({
    queryKey: ["admin", "audit", search],
    queryFn: () =>
      ask(
        api.GET("/api/audit/all/", {
          params: { query: { page: search.page ?? 1, page_size: pageSize, ...auditParameters(search) } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
