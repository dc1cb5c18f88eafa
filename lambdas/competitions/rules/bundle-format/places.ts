/** Where the keys of a competition.yaml of version 2 belong, for keys that stand elsewhere. */

/** A mapping of a competition.yaml, or the task.yaml of a task that is uploaded alone. */
export type Place = "competition" | "page" | "task" | "solution" | "phase" | "leaderboard" | "column" | "task.yaml";

const inWords: Record<Exclude<Place, "task.yaml">, string> = {
  competition: "at the top level of competition.yaml",
  page: "in each page",
  task: "in each task",
  solution: "in each solution",
  phase: "in each phase",
  leaderboard: "in the leaderboard",
  column: "in each column of the leaderboard",
};

/** Keys that exist in one place only. */
const keys: Partial<Record<keyof typeof inWords, string[]>> = {
  competition: [
    "image",
    "terms",
    "pages",
    "docker_image",
    "queue",
    "registration_auto_approve",
    "enable_detailed_results",
    "show_detailed_results_in_submission_panel",
    "show_detailed_results_in_leaderboard",
    "auto_run_submissions",
    "can_participants_make_submissions_public",
    "make_programs_available",
    "make_input_data_available",
    "enable_network",
    "anonymous_leaderboard",
    "competition_type",
    "reward",
    "contact_email",
    "forum_enabled",
    "fact_sheet",
    "leaderboards",
    "phases",
    "solutions",
  ],
  task: ["scoring_program", "ingestion_program", "input_data", "reference_data", "ingestion_only_during_scoring"],
  phase: [
    "start",
    "end",
    "max_submissions",
    "max_submissions_per_day",
    "max_submission_size",
    "execution_time_limit",
    "auto_migrate_to_this_phase",
    "hide_output",
    "hide_prediction_output",
    "hide_score_output",
    "blind",
    "accepts_submissions",
    "public_data",
    "starting_kit",
  ],
  leaderboard: ["submission_rule", "primary_index", "multi_task_ranking", "ranking_tasks", "columns"],
  column: ["sorting", "precision", "computation", "computation_indexes"],
};

const placeOf = new Map(
  Object.entries(keys).flatMap(([place, names]) => names.map((name) => [name, place as keyof typeof inWords] as const)),
);

/** Where a key that has no meaning in one place belongs, in words. Null if it is not known elsewhere. */
export function rightPlace(key: string, here: Place): string | null {
  const place = placeOf.get(key);
  return place === undefined || place === here || here === "task.yaml" ? null : inWords[place];
}
