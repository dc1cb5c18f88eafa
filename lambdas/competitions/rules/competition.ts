/** A competition as a bundle describes it, with nothing in it that only a database or a bucket would know. */

/** A file or folder of the bundle, or a dataset that exists already. */
export type FileSource = { from: "bundle"; path: string } | { from: "dataset"; key: string };

export const datasetTypes = [
  "ingestion_program",
  "input_data",
  "public_data",
  "reference_data",
  "scoring_program",
  "starting_kit",
  "competition_bundle",
  "submission",
  "solution",
] as const;
export type DatasetType = (typeof datasetTypes)[number];

export interface TaskFiles {
  scoring_program: FileSource | null;
  ingestion_program: FileSource | null;
  input_data: FileSource | null;
  reference_data: FileSource | null;
}

export type TaskDescription =
  | { index: string | number; key: string }
  | {
      index: string | number;
      name: string;
      description: string | null;
      files: TaskFiles;
      ingestionOnlyDuringScoring: boolean;
    };

export type SolutionDescription = {
  index: number;
  tasks: (string | number)[];
  name: string | null;
  description: string | null;
  /** UUID of a solution that exists already; it gets the tasks. */
  key: string | null;
  /**
   * The example submission a new solution is made of. With a key it is what to fall back on when that solution is
   * unknown here, as in a dump from another server. Never null when key is null.
   */
  file: FileSource | null;
};

export interface PhaseDescription {
  /** Position in the competition, 0 to n-1. */
  index: number;
  name: string;
  description: string | null;
  start: Date;
  /** Null: the phase never ends. Only the last phase may. */
  end: Date | null;
  /** Task indexes, in order. */
  tasks: (string | number)[];
  /** Null: no limit. */
  maxSubmissionsPerDay: number | null;
  maxSubmissionsPerPerson: number | null;
  /** Seconds, for each of the two steps. */
  executionTimeLimit: number;
  /** Megabytes. Null: no limit. */
  maxSubmissionSize: number | null;
  autoMigrateToThisPhase: boolean;
  hideOutput: boolean;
  hidePredictionOutput: boolean;
  hideScoreOutput: boolean;
  /** Whether its results are the organizers' alone until they show them. */
  blind: boolean;
  /** Whether of a participant's submissions only the best and the last keep their files, and those that are shown. */
  deleteSubmissionsExceptBestAndLast: boolean;
  publicData: FileSource | null;
  startingKit: FileSource | null;
}

export const submissionRules = [
  "Add",
  "Add_And_Delete",
  "Add_And_Delete_Multiple",
  "Force_Last",
  "Force_Latest_Multiple",
  "Force_Best",
] as const;
export type SubmissionRule = (typeof submissionRules)[number];

export const computations = ["avg", "sum", "min", "max"] as const;
export type Computation = (typeof computations)[number];

export interface ColumnDescription {
  title: string;
  key: string;
  index: number;
  sorting: "asc" | "desc";
  precision: number;
  hidden: boolean;
  computation: Computation | null;
  /** Indexes of the columns a computed column is made from. */
  computationIndexes: number[] | null;
}

export interface LeaderboardDescription {
  title: string;
  key: string;
  submissionRule: SubmissionRule;
  hidden: boolean;
  /** `index` of the column that ranks first. */
  primaryIndex: number;
  columns: ColumnDescription[];
}

export interface FactSheetQuestion {
  key: string;
  type: "checkbox" | "text" | "select";
  title: string;
  selection: unknown;
  is_required: string | boolean;
  is_on_leaderboard: string | boolean;
}

/** Settings that Codabench keeps on its site and leaves out of its dumps. */
export interface DumpedSettings {
  allowRobotSubmissions: boolean;
  teamsShareLimits: boolean;
  /** In lower case. */
  whitelistEmails: string[];
  report: string | null;
}

export interface CompetitionDescription {
  title: string;
  description: string;
  /** Path of the logo in the bundle. */
  image: string;
  /** Path of the terms in the bundle. */
  terms: string;
  /** In order; `file` is a path in the bundle. */
  pages: { title: string; file: string }[];
  registrationAutoApprove: boolean;
  dockerImage: string;
  /** Id of a queue, or null for the default queue. */
  queue: string | null;
  enableDetailedResults: boolean;
  showDetailedResultsInSubmissionPanel: boolean;
  showDetailedResultsInLeaderboard: boolean;
  autoRunSubmissions: boolean;
  canParticipantsMakeSubmissionsPublic: boolean;
  makeProgramsAvailable: boolean;
  makeInputDataAvailable: boolean;
  /** Whether programs are to have a network. The deployment has to allow it as well. */
  enableNetwork: boolean;
  /** Whether the leaderboard names people to nobody but the organizers. */
  anonymousLeaderboard: boolean;
  competitionType: "competition" | "benchmark";
  reward: string | null;
  contactEmail: string | null;
  forumEnabled: boolean;
  factSheet: Record<string, FactSheetQuestion> | null;
  tasks: TaskDescription[];
  solutions: SolutionDescription[];
  phases: PhaseDescription[];
  leaderboard: LeaderboardDescription;
  /** Null in bundles that are no dumps of ours. */
  dumpedSettings: DumpedSettings | null;
}

/** One thing wrong with a bundle, or worth the organizer's look. Codes are those of docs/compatibility.md. */
export interface BundleProblem {
  /** `BND-nn`. */
  code: string;
  severity: "error" | "warning";
  /** Where in the YAML, as `phases[1].tasks[0]`; empty for the bundle itself. */
  path: string;
  /** A sentence a person can act on. */
  message: string;
}

/** The names in a bundle's zip, without its content. */
export interface BundleListing {
  /** Kind of an entry by its path relative to the root, without a trailing slash; undefined when there is none. */
  kind(path: string): "file" | "folder" | undefined;
  /** Uncompressed size of a file in bytes. */
  size(path: string): number;
}

export type BundleResult =
  | {
      ok: true;
      competition: CompetitionDescription;
      problems: BundleProblem[];
      /** Parts of the description that stand elsewhere in the file: its `phases[0]` may be the file's `phases.1`. */
      places: ReadonlyMap<string, string>;
    }
  | { ok: false; problems: BundleProblem[] };
