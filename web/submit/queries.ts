/** What somebody wants to know before they submit. */
import { queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";
import type { Competition, Phase } from "../competitions/queries.ts";

export type BeforeSubmitting = Shape<"BeforeSubmitting">;
export type Organization = Shape<"NamedOrganization">;

export const beforeQuery = (phase: number, secretKey: string | undefined) =>
  queryOptions({
    queryKey: ["before-submitting", phase],
    queryFn: () =>
      ask(
        api.GET("/api/phases/{id}/before_submitting/", {
          params: { path: { id: phase }, query: secretKey ? { secret_key: secretKey } : {} },
        }),
      ),
  });

export const canSubmitQuery = (phase: number) =>
  queryOptions({
    queryKey: ["can-submit", phase],
    queryFn: () => ask(api.GET("/api/can_make_submission/{id}/", { params: { path: { id: phase } } })),
  });

/** Asks whether a file of some bytes may be submitted now. */
export const canSubmitFile = (phase: number, file_size: number) =>
  ask(api.GET("/api/can_make_submission/{id}/", { params: { path: { id: phase }, query: { file_size } } }));

export const quotaQuery = queryOptions({
  queryKey: ["quota"],
  queryFn: () => ask(api.GET("/api/user_quota/")),
});

export const organizationsQuery = queryOptions({
  queryKey: ["organizations", "submitting"],
  queryFn: () => ask(api.GET("/api/users/participant_organizations/")),
});

/** The phase of the address, or else the one that is open, the next one, or the last one. */
export function phaseToSubmitTo({ phases }: Competition, id: string | undefined): Phase | undefined {
  return (
    phases.find((phase) => String(phase.id) === id) ??
    phases.find(({ status, accepts_submissions: accepts }) => status === "Current" && accepts) ??
    phases.find(({ status }) => status === "Next") ??
    phases.at(-1)
  );
}

export interface NewSubmission {
  phase: number;
  data: string;
  /** Empty for all. */
  tasks: number[];
  fact_sheet_answers: Record<string, unknown> | null;
  organization: number | null;
}

export const submit = (body: NewSubmission) => ask(api.POST("/api/submissions/", { body }));
