/** The answers of the API, as far as its clients use them. */
import type { BundleProblem } from "../lambdas/competitions/rules/competition.ts";

export interface Submission {
  id: number;
  phase: number;
  status: string;
  status_details: string | null;
  failure_code: string | null;
  warnings: string[];
  parent: number | null;
  children: number[];
  on_leaderboard: boolean;
  /** The task it runs on; null for a submission with children. */
  task: { name: string } | null;
  scores: { id: number; column_key: string; score: string }[];
  created_when: string;
  started_when: string | null;
  finished_when: string | null;
  /** Null if its status may change at any moment, or never; undefined on older platforms. */
  ask_again_seconds?: number | null;
}

export interface Competition {
  id: number;
  title: string;
  phases: { id: number; name: string; status: string; tasks: { id: number; name: string }[] }[];
}

/** The names of a phase and of its competition. */
export interface PlaceNames {
  phase_name: string;
  competition_title: string;
}

/** State of creating a competition from a bundle. */
export interface CompetitionCreation {
  status: "Starting" | "Unpacking" | "Finished" | "Failed";
  details: string | null;
  problems: BundleProblem[];
  resulting_competition: number | null;
  progress: { done_bytes: number; total_bytes: number } | null;
}

export interface Leaderboard extends PlaceNames {
  key: string;
  title: string;
  /** All leaderboards that the caller may see, the primary one first. */
  leaderboards: { key: string; title: string }[];
  primary_index: number;
  /** A sentence that says how rows are ranked. */
  ranking: string;
  /** The title of the rows' overall scores or average ranks, if there are any. */
  overall_title: string | null;
  tasks: { id: number; name: string; columns: { title: string; key: string; index: number }[] }[];
  submissions: {
    id: number;
    rank: number;
    /** Whether it is the caller's own, or their team's. */
    mine: boolean;
    owner: string;
    overall: string | null;
    scores: { column_key: string; score: string; task_id: number }[];
  }[];
}

/** Part of one log stream of a submission. */
export interface LogPiece {
  attempt: number;
  /** Where the next piece begins, in bytes. */
  next_offset: number;
  /** Empty when nothing more has been printed so far. */
  text: string;
  /** Whether the log is final. */
  complete: boolean;
}

/** All logs of a run, after a cursor. */
export interface LogEntries {
  cursor: string;
  entries: { stream: string; time: string; text: string }[];
  /** Whether nothing follows. */
  complete: boolean;
  /** How long to pause before the next request. */
  ask_again_seconds: number;
}

/** How one container of a step ended. */
export interface ContainerEnd {
  name: string;
  ran: boolean;
  exit_code: number | null;
  out_of_memory: boolean;
}

export interface SubmissionDetails {
  /** Links to the logs that are not empty. */
  logs: { name: string; data_file: string }[];
  data_file: string | null;
  prediction_result: string | null;
  scoring_result: string | null;
  detailed_result: string | null;
  attempts: {
    number: number;
    outcome: string | null;
    cost_usd: string | null;
    steps: {
      name: string;
      usage: { wallSeconds: number; cpuSeconds: number; peakMemoryBytes: number };
      containers: ContainerEnd[];
    }[];
  }[];
}
