/** A competition as its organizers edit it. Every part has a `part`, by which it is known although it moves and is renamed. */
import type { Computation, MultiTaskRanking, SubmissionRule } from "../../../lambdas/competitions/rules/competition.ts";

/** A task or a file that exists, by its key. */
export interface Named {
  part: string;
  name: string;
}

export interface Person {
  part: string;
  id: number;
  name: string;
  username: string;
}

export interface Page {
  part: string;
  id?: number | undefined;
  title: string;
  content: string;
}

export interface Phase {
  part: string;
  id?: number | undefined;
  name: string;
  description: string;
  /** Instants. An empty text is a date that is missing. */
  start: string;
  /** Null if it never ends. */
  end: string | null;
  tasks: Named[];
  starting_kit: Named | null;
  public_data: Named | null;
  /** Null: no limit. */
  max_submissions_per_day: number | null;
  max_submissions_per_person: number | null;
  max_submission_size: number | null;
  /** Null: the platform's usual limit. */
  execution_time_limit: number | null;
  auto_migrate_to_this_phase: boolean;
  accepts_submissions: boolean;
  blind: boolean;
  hide_output: boolean;
  hide_prediction_output: boolean;
  hide_score_output: boolean;
  delete_submissions_except_best_and_last: boolean;
}

export interface Column {
  part: string;
  id?: number | undefined;
  title: string;
  key: string;
  /** Its number on the platform; null until it is saved. */
  index: number | null;
  sorting: "asc" | "desc";
  precision: number | null;
  hidden: boolean;
  computation: Computation | null;
  /** The columns that it is computed from. */
  computed_from: string[];
}

export interface Board {
  part: string;
  id?: number | undefined;
  title: string;
  key: string;
  hidden: boolean;
  submission_rule: SubmissionRule;
  multi_task_ranking: MultiTaskRanking;
  /** Keys of tasks. */
  ranking_tasks: string[];
  /** The column that ranks first. */
  primary: string;
  columns: Column[];
}

export interface Question {
  part: string;
  key: string;
  title: string;
  type: "checkbox" | "text" | "select";
  /** A list of choices for `select`; otherwise whatever stands there. */
  selection: unknown;
  /** As written: the text "true" means yes. */
  is_required: string | boolean;
  is_on_leaderboard: string | boolean;
}

/** A picture as the API takes it. */
export interface Picture {
  file_name: string;
  data: string;
}

/** The settings that are yes or no. */
export const switches = [
  "registration_auto_approve",
  "published",
  "forum_enabled",
  "auto_run_submissions",
  "can_participants_make_submissions_public",
  "allow_robot_submissions",
  "teams_share_limits",
  "enable_network",
  "make_programs_available",
  "make_input_data_available",
  "enable_detailed_results",
  "show_detailed_results_in_submission_panel",
  "show_detailed_results_in_leaderboard",
  "anonymous_leaderboard",
] as const;
export type Switch = (typeof switches)[number];

export interface Form extends Record<Switch, boolean> {
  title: string;
  description: string;
  /** A new logo; null leaves the one that is there. */
  logo: Picture | null;
  competition_type: "competition" | "benchmark";
  reward: string;
  contact_email: string;
  report: string;
  docker_image: string;
  queue: Named | null;
  terms: string;
  /** One address a line. */
  whitelist_emails: string;
  pages: Page[];
  phases: Phase[];
  leaderboards: Board[];
  questions: Question[];
  collaborators: Person[];
}

/** A name for a part that is not saved yet. */
export const newPart = (): string => `new-${crypto.randomUUID()}`;

export const newPage = (): Page => ({ part: newPart(), title: "", content: "" });

/** A phase that begins when the one before it has ended. */
export const newPhase = (before?: Phase): Phase => ({
  part: newPart(),
  name: "",
  description: "",
  start: before?.end ? new Date(new Date(before.end).getTime() + 60_000).toISOString() : "",
  end: "",
  tasks: before?.tasks ?? [],
  starting_kit: null,
  public_data: null,
  max_submissions_per_day: 5,
  max_submissions_per_person: 100,
  max_submission_size: null,
  execution_time_limit: 600,
  auto_migrate_to_this_phase: false,
  accepts_submissions: true,
  blind: false,
  hide_output: false,
  hide_prediction_output: false,
  hide_score_output: false,
  delete_submissions_except_best_and_last: false,
});

export const newColumn = (): Column => ({
  part: newPart(),
  title: "",
  key: "",
  index: null,
  sorting: "desc",
  precision: 2,
  hidden: false,
  computation: null,
  computed_from: [],
});

export function newBoard(): Board {
  const column = newColumn();
  return {
    part: newPart(),
    title: "",
    key: "",
    hidden: false,
    submission_rule: "Add",
    multi_task_ranking: "best_task",
    ranking_tasks: [],
    primary: column.part,
    columns: [column],
  };
}

export const newQuestion = (): Question => ({
  part: newPart(),
  key: "",
  title: "",
  type: "text",
  selection: "",
  is_required: "false",
  is_on_leaderboard: "false",
});

/** A new competition, with what every one needs. */
export function newForm(): Form {
  const board = newBoard();
  return {
    title: "",
    description: "",
    logo: null,
    competition_type: "competition",
    reward: "",
    contact_email: "",
    report: "",
    docker_image: "",
    queue: null,
    terms: "",
    whitelist_emails: "",
    registration_auto_approve: false,
    published: false,
    forum_enabled: true,
    auto_run_submissions: true,
    can_participants_make_submissions_public: true,
    allow_robot_submissions: false,
    teams_share_limits: false,
    enable_network: false,
    make_programs_available: false,
    make_input_data_available: false,
    enable_detailed_results: false,
    show_detailed_results_in_submission_panel: true,
    show_detailed_results_in_leaderboard: true,
    anonymous_leaderboard: false,
    pages: [{ ...newPage(), title: "Overview" }],
    phases: [newPhase()],
    leaderboards: [{ ...board, title: "Results", key: "main" }],
    questions: [],
    collaborators: [],
  };
}
