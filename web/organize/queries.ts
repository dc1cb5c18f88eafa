/** What the API says to the organizers of a competition, and how addresses say what is wanted of it. */
import { keepPreviousData, queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";
import type { paths } from "../api/generated.ts";

export const pageSize = 50;

/** Everything that is asked for these pages of a competition. */
const keyOf = (id: number) => ["organize", id] as const;

/** Asks anew for everything that a change by an organizer may have changed. */
export function useRefresh(id: number): () => Promise<unknown> {
  const client = useQueryClient();
  return () =>
    Promise.all(
      [keyOf(id), ["competition", id], ["leaderboard"]].map((queryKey) => client.invalidateQueries({ queryKey })),
    );
}

/** The header with the reason of a change, for the audit trail. */
export const because = (reason: string) =>
  reason === "" ? {} : { headers: { "X-Reason": encodeURIComponent(reason) } };

export type Today = Shape<"Today">;

export const todayQuery = (id: number) =>
  queryOptions({
    queryKey: [...keyOf(id), "today"],
    queryFn: () => ask(api.GET("/api/competitions/{id}/today/", { params: { path: { id } } })),
    refetchInterval: 30_000,
  });

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;
/** Lists have pages because the requests name one. */
type PageOf<Path extends keyof paths> = Exclude<Answer<Path>, unknown[]>;

export const submissionStatuses = [
  "Submitting",
  "Submitted",
  "Preparing",
  "Running",
  "Scoring",
  "Finished",
  "Failed",
  "Cancelled",
] as const;
export const submissionOrders = [
  "id",
  "owner",
  "-owner",
  "status",
  "-status",
  "finished_when",
  "-finished_when",
] as const;

export interface SubmissionAddress {
  status?: (typeof submissionStatuses)[number] | undefined;
  /** The id of a phase. */
  phase?: string | undefined;
  owner?: string | undefined;
  q?: string | undefined;
  /** `yes`: those whose files were deleted. */
  deleted?: "yes" | undefined;
  sort?: (typeof submissionOrders)[number] | undefined;
  page?: number | undefined;
}

type SubmissionPage = PageOf<"/api/submissions/">;
export type Submission = SubmissionPage["results"][number];

const isId = (text: string | undefined): text is string => text !== undefined && /^[1-9]\d{0,9}$/.test(text);

export const submissionFilter = (id: number, address: SubmissionAddress) => ({
  phase__competition: id,
  with_children: false,
  ...(address.status && { status: address.status }),
  ...(isId(address.phase) && { phase: Number(address.phase) }),
  ...(address.owner && { owner: address.owner }),
  ...(address.q && { search: address.q }),
  ...(address.deleted && { is_soft_deleted: true, show_is_soft_deleted: true }),
  ...(address.sort && { ordering: address.sort }),
});

export const submissionsQuery = (id: number, address: SubmissionAddress) => {
  const query = { ...submissionFilter(id, address), page: address.page ?? 1, page_size: pageSize };
  return queryOptions({
    queryKey: [...keyOf(id), "submissions", query],
    queryFn: () => ask(api.GET("/api/submissions/", { params: { query } })) as Promise<SubmissionPage>,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
};

export const participantStatuses = ["pending", "approved", "denied", "left", "unknown"] as const;
export const participantOrders = [
  "-username",
  "email",
  "-email",
  "status",
  "-status",
  "joined_when",
  "-joined_when",
] as const;

export interface ParticipantAddress {
  status?: (typeof participantStatuses)[number] | undefined;
  q?: string | undefined;
  sort?: (typeof participantOrders)[number] | undefined;
  page?: number | undefined;
}

export type Participant = Shape<"Participant">;

export const participantFilter = (id: number, address: ParticipantAddress) => ({
  competition: id,
  ...(address.status && { status: address.status }),
  ...(address.q && { search: address.q }),
  ...(address.sort && { ordering: address.sort }),
});

export const participantsQuery = (id: number, address: ParticipantAddress) => {
  const query = { ...participantFilter(id, address), page: address.page ?? 1, page_size: pageSize };
  return queryOptions({
    queryKey: [...keyOf(id), "participants", query],
    queryFn: () => ask(api.GET("/api/participants/", { params: { query } })) as Promise<PageOf<"/api/participants/">>,
    placeholderData: keepPreviousData,
  });
};

export const grantsQuery = (id: number, phase: number) =>
  queryOptions({
    queryKey: [...keyOf(id), "grants", phase],
    queryFn: () => ask(api.GET("/api/phases/{id}/grants/", { params: { path: { id: phase } } })),
  });

export const migrationQuery = (id: number, phase: number) =>
  queryOptions({
    queryKey: [...keyOf(id), "migration", phase],
    queryFn: () =>
      ask(api.GET("/api/phases/{id}/manually_migrate/", { params: { path: { id: phase }, query: { page_size: 20 } } })),
  });

export const budgetQuery = (id: number) =>
  queryOptions({
    queryKey: [...keyOf(id), "budget"],
    queryFn: () => ask(api.GET("/api/competitions/{id}/budget/", { params: { path: { id } } })),
  });

/** For how many days costs are shown. Without a number in the address, for 30. */
export const costSpans = ["7", "90", "366"] as const;

export const costsQuery = (id: number, span: string = "30") => {
  const days = Number(span);
  return queryOptions({
    queryKey: [...keyOf(id), "costs", days],
    queryFn: () => ask(api.GET("/api/competitions/{id}/costs/", { params: { path: { id }, query: { days } } })),
    placeholderData: keepPreviousData,
  });
};

export const worstCaseQuery = (id: number) =>
  queryOptions({
    queryKey: [...keyOf(id), "worst-case"],
    queryFn: () => ask(api.GET("/api/competitions/{id}/worst_case/", { params: { path: { id } } })),
  });

/** The bundle and the dumps. While one is made, its progress is asked for. */
export const filesQuery = (id: number) =>
  queryOptions({
    queryKey: [...keyOf(id), "files"],
    queryFn: () => ask(api.GET("/api/competitions/{id}/get_files/", { params: { path: { id } } })),
    refetchInterval: ({ state }) =>
      state.data?.unfinished_dumps.some(({ status }) => status !== "Failed") ? 2000 : false,
  });

type AuditQueryParams = NonNullable<paths["/api/competitions/{id}/audit/"]["get"]["parameters"]["query"]>;
export type AuditKind = NonNullable<AuditQueryParams["kind"]>;
export type AuditEvent = Shape<"AuditEvent">;

/** The kinds of events that a competition's trail has, by what they are about. */
export const auditKinds = [
  "competition.created",
  "competition.changed",
  "competition.published",
  "competition.unpublished",
  "competition.dumped",
  "competition.offered",
  "competition.handed_over",
  "collaborator.added",
  "collaborator.removed",
  "participant.registered",
  "participant.approved",
  "participant.denied",
  "participant.left",
  "participant.team_changed",
  "phase.added",
  "phase.changed",
  "phase.removed",
  "phase.migrated",
  "phase.blinded",
  "phase.unblinded",
  "leaderboard.changed",
  "task.data_replaced",
  "task.changed",
  "dataset.downloaded",
  "submission.started",
  "submission.rerun",
  "submission.cancelled",
  "submission.deleted",
  "submission.soft_deleted",
  "submission.ranked",
  "submission.unranked",
  "submission.kept_off",
  "submission.let_back",
  "score.edited",
  "submissions.granted",
  "submissions.taken_back",
  "thread.deleted",
  "post.removed",
  "budget.set",
  "budget.removed",
] as const satisfies AuditKind[];

export const isShown = (kind: unknown): kind is (typeof auditKinds)[number] =>
  auditKinds.some((known) => known === kind);

export interface AuditAddress {
  kind?: (typeof auditKinds)[number] | undefined;
  /** A username. */
  who?: string | undefined;
  q?: string | undefined;
  page?: number | undefined;
}

export const auditFilter = ({ kind, who, q }: AuditAddress) => ({
  ...(kind && { kind }),
  ...(who && { username: who }),
  ...(q && { search: q }),
});

export const auditQuery = (id: number, address: AuditAddress) => {
  const query = { ...auditFilter(address), page: address.page ?? 1, page_size: pageSize };
  return queryOptions({
    queryKey: [...keyOf(id), "audit", query],
    queryFn: () => ask(api.GET("/api/competitions/{id}/audit/", { params: { path: { id }, query } })),
    placeholderData: keepPreviousData,
  });
};

/** An address of the API that the browser opens itself. */
export const apiHref = (path: string, query: Record<string, string | number | boolean>) =>
  `${path}?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`;
