import * as z from "zod";
import type { findLeaderboard } from "../../db/competitions.ts";
import { computations, submissionRules } from "../../rules/competition.ts";
import { namedOrganizationSchema } from "../../../accounts/api/organization.ts";

type Leaderboard = NonNullable<Awaited<ReturnType<typeof findLeaderboard>>>;

const columnSchema = z.object({
  id: z.int(),
  computation: z.enum(computations).nullable(),
  computation_indexes: z.array(z.string()).nullable().meta({ description: "Indexes of columns, as texts" }),
  title: z.string(),
  key: z.string(),
  sorting: z.enum(["asc", "desc"]),
  index: z.int(),
  hidden: z.boolean(),
  precision: z.int(),
});

/** A leaderboard without its entries: what its columns are and how submissions get onto it. */
export const leaderboardSchema = z
  .object({
    id: z.int(),
    primary_index: z.int(),
    title: z.string(),
    key: z.string(),
    hidden: z.boolean(),
    submission_rule: z.enum(submissionRules),
    columns: z.array(columnSchema),
  })
  .meta({ id: "Leaderboard" });

export const shownColumn = (column: Leaderboard["columns"][number]) => ({
  id: column.id,
  computation: column.computation,
  computation_indexes: column.computation_indexes?.map(String) ?? null,
  title: column.title,
  key: column.key,
  sorting: column.sorting,
  index: column.index,
  hidden: column.hidden,
  precision: column.precision,
});

/** Hidden columns are named to organizers, who edit them. */
export const shownLeaderboard = (leaderboard: Leaderboard, withHidden: boolean) => ({
  id: leaderboard.id,
  primary_index: leaderboard.primary_index,
  title: leaderboard.title,
  key: leaderboard.key,
  hidden: leaderboard.hidden,
  submission_rule: leaderboard.submission_rule,
  columns: leaderboard.columns.filter(({ hidden }) => withHidden || !hidden).map(shownColumn),
});

const scoreSchema = z.object({
  id: z.int().nullable(),
  index: z.int(),
  score: z.string(),
  column_key: z.string(),
});

const rowFields = {
  id: z.int(),
  owner: z
    .string()
    .meta({ description: "Where the leaderboard is anonymous a pseudonym, and no other name is in the row" }),
  fact_sheet_answers: z.record(z.string(), z.unknown()).nullable(),
  slug_url: z.string().meta({ description: "Empty where the leaderboard is anonymous" }),
  organization: namedOrganizationSchema.nullable().meta({ description: "For which the owner made it" }),
  created_when: z.iso.datetime(),
};

/** The leaderboard of a phase: one row a submission, a parent's children in one. */
export const phaseBoardSchema = z
  .object({
    id: z.int().meta({ description: "Of the phase" }),
    title: z.string(),
    primary_index: z.int(),
    fact_sheet_keys: z.array(z.tuple([z.string(), z.string()])).nullable(),
    tasks: z.array(z.object({ id: z.int(), name: z.string(), colWidth: z.int(), columns: z.array(columnSchema) })),
    submissions: z.array(
      z.object({
        ...rowFields,
        scores: z.array(scoreSchema.extend({ task_id: z.int() })),
        detailed_results: z.array(z.object({ task: z.int(), id: z.int() })),
      }),
    ),
  })
  .meta({ id: "PhaseLeaderboard" });

/** The entries of a leaderboard over all phases: one row a run. Scores have all their places. */
export const entriesSchema = z.object({
  id: z.int(),
  title: z.string(),
  primary_index: z.int(),
  submissions: z.array(
    z.object({
      ...rowFields,
      phase: z.int(),
      parent: z.int().nullable(),
      leaderboard_id: z.int(),
      task: z.int().nullable(),
      display_name: z.string(),
      detailed_result: z.null().meta({ description: "get_detail_result of the submission gives a link" }),
      scores: z.array(scoreSchema),
    }),
  ),
});
