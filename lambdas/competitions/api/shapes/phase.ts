// How the API shows phases.
import * as z from "zod";
import { phaseStatus } from "../../rules/phase-status.ts";
import type { Allowance, PhaseRow } from "../../service/competition-detail.ts";

/** The fields of a phase without its tasks and files. */
export const phaseFields = {
  id: z.int(),
  index: z.int(),
  start: z.iso.datetime(),
  end: z.iso.datetime().nullable(),
  name: z.string(),
  description: z.string().nullable(),
  status: z.enum(["Previous", "Current", "Next"]),
  execution_time_limit: z.int().meta({ description: "Seconds per step (prediction and scoring)" }),
  has_max_submissions: z.boolean(),
  max_submissions_per_day: z.int().nullable(),
  max_submissions_per_person: z.int().nullable(),
  max_submission_size: z.int().nullable().meta({ description: "Megabytes; null means no limit" }),
  auto_migrate_to_this_phase: z.boolean(),
  hide_output: z.boolean(),
  hide_prediction_output: z.boolean(),
  hide_score_output: z.boolean(),
  blind: z.boolean().meta({ description: "Whether the results are hidden from participants" }),
  accepts_submissions: z.boolean().meta({ description: "Whether anybody can submit to the phase" }),
  delete_submissions_except_best_and_last: z.boolean().meta({
    description: "Whether only a participant's best, last and displayed submissions keep their files",
  }),
  is_final_phase: z.boolean(),
};

const allowed = (what: string) =>
  z
    .int()
    .nullable()
    .meta({ description: `${what}, including grants; null means no limit` });

/** How much the actor may submit to a phase and has submitted. */
export const allowanceFields = {
  used_submissions_per_day: z.int().meta({ description: "Since midnight UTC" }),
  used_submissions_per_person: z.int(),
  allowed_submissions_per_day: allowed("How many you may make a day"),
  allowed_submissions_per_person: allowed("How many you may make in all"),
};

export const shownAllowance = ({ limits, counts }: Allowance) => ({
  used_submissions_per_day: counts.today,
  used_submissions_per_person: counts.total,
  allowed_submissions_per_day: limits.perDay,
  allowed_submissions_per_person: limits.perPerson,
});

export const shownPhase = (phase: PhaseRow, isFinal: boolean, now: Date) => ({
  id: phase.id,
  index: phase.index,
  start: phase.starts_at,
  end: phase.ends_at,
  name: phase.name,
  description: phase.description,
  status: phaseStatus({ start: phase.starts_at, end: phase.ends_at }, now),
  execution_time_limit: phase.execution_time_limit,
  has_max_submissions: Boolean(phase.max_submissions_per_day) || Boolean(phase.max_submissions_per_person),
  max_submissions_per_day: phase.max_submissions_per_day,
  max_submissions_per_person: phase.max_submissions_per_person,
  max_submission_size: phase.max_submission_size,
  auto_migrate_to_this_phase: phase.auto_migrate_to_this_phase,
  hide_output: phase.hide_output,
  hide_prediction_output: phase.hide_prediction_output,
  hide_score_output: phase.hide_score_output,
  blind: phase.blind,
  accepts_submissions: phase.accepts_submissions,
  delete_submissions_except_best_and_last: phase.delete_submissions_except_best_and_last,
  is_final_phase: isFinal,
});
