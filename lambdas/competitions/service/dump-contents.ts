import { basename, extname } from "node:path";
import {
  filesOfTasks,
  findCompetitionDetail,
  solutionsOfTasks,
  tasksOfPhases,
  type TaskFile,
} from "../db/competitions.ts";
import { findDatasets, findDatasetsById, type Dataset } from "../db/datasets.ts";
import { imageFormat } from "../../kernel/objects/image-format.ts";
import type {
  CompetitionDescription,
  Computation,
  FileSource,
  LeaderboardView,
  MultiTaskRanking,
  SolutionDescription,
  SubmissionRule,
  TaskDescription,
} from "../rules/competition.ts";
import { dumpYaml } from "../rules/dump.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import type { Context } from "../../kernel/context.ts";
import type { BoardView } from "./board-rows.ts";

/** A file of a dump: either its bytes, or an object to copy and the name of its dataset. */
export type DumpedFile = { path: string; bytes: Buffer } | { path: string; object: ObjectRef; name: string };

type Detail = NonNullable<Awaited<ReturnType<typeof findCompetitionDetail>>>;

/** A transparent pixel, for competitions without a logo: a bundle must have one. */
const blankLogo = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=",
  "base64",
);

/** Gives datasets file names in the dump. A dataset is included once, even if it is used several times. */
class Files {
  readonly files: DumpedFile[] = [];
  readonly #withFiles: boolean;
  readonly #paths = new Map<string, string>();

  constructor(withFiles: boolean) {
    this.#withFiles = withFiles;
  }

  /** The path of a dataset in the dump, or its key. `name` is the file name without extension. */
  source(dataset: Dataset | undefined, name: string): FileSource | null {
    if (!dataset) return null;
    if (!this.#withFiles) return { from: "dataset", key: dataset.key };
    const known = this.#paths.get(dataset.key);
    if (known !== undefined) return { from: "bundle", path: known };
    const path = `${name}${/^\.\w{1,10}$/.exec(extname(dataset.file_name))?.[0] ?? ".zip"}`;
    this.#paths.set(dataset.key, path);
    this.files.push({ path, object: { bucket: "uploads", key: dataset.object_key }, name: dataset.name });
    return { from: "bundle", path };
  }

  /** Codabench rejects empty files, so empty texts are written as a line break. */
  text(path: string, text: string): string {
    this.files.push({ path, bytes: Buffer.from(text.trim() === "" ? "\n" : text) });
    return path;
  }
}

/** Returns everything that a dump of a competition contains. Undefined if the competition does not exist. */
export async function dumpContents(
  context: Context,
  competitionId: number,
  withFiles: boolean,
): Promise<{ title: string; files: DumpedFile[] } | undefined> {
  const { db } = context;
  const detail = await findCompetitionDetail(db, competitionId);
  if (!detail?.leaderboard) return undefined;
  const { competition, phases, pages, collaborators } = detail;
  const files = new Files(withFiles);
  const image = await logoFile(context, competition.logo_key, files);
  const terms = files.text("terms.md", competition.terms);
  const pageFiles = pages.map((page) => ({
    title: page.title,
    file: files.text(`${slug(page.title)}-${page.id}.md`, page.content),
  }));

  const phaseTasks = await tasksOfPhases(
    db,
    phases.map(({ id }) => id),
  );
  const order = phases.flatMap(({ id }) => phaseTasks.filter((task) => task.phase_id === id));
  const tasks = [...new Map(order.map((task) => [task.id, task])).values()];
  const indexes = new Map(tasks.map(({ id }, index) => [id, index]));
  const taskFiles = await filesOfTasks(
    db,
    tasks.map(({ id }) => id),
  );
  const solutions = await solutionsOfTasks(
    db,
    tasks.map(({ id }) => id),
  );
  const datasets = await findDatasets(db, [...taskFiles.map(({ key }) => key), ...solutions.map(({ data }) => data)]);
  const byKey = new Map(datasets.map((dataset) => [dataset.key, dataset]));
  const shared = await findDatasetsById(
    db,
    phases
      .flatMap(({ public_data_id, starting_kit_id }) => [public_data_id, starting_kit_id])
      .filter((id) => id !== null),
  );
  const byId = (id: number | null) => shared.find((dataset) => dataset.id === id);

  const description: CompetitionDescription = {
    ...settingsOf(competition),
    image,
    terms,
    pages: pageFiles,
    leaderboard: {
      ...leaderboardOf(detail.leaderboard, indexes),
      submissionRule: detail.leaderboard.submission_rule as SubmissionRule,
    },
    furtherLeaderboards: detail.leaderboard.further.map((board) => leaderboardOf(board, indexes)),
    tasks: tasks.map((task, index): TaskDescription => {
      if (!withFiles) return { index, key: task.key };
      const source = (role: TaskFile["role"]) => {
        const file = taskFiles.find((one) => one.task_id === task.id && one.role === role);
        return files.source(file && byKey.get(file.key), `${role}-${task.id}`);
      };
      return {
        index,
        name: task.name,
        description: task.description,
        files: {
          scoring_program: source("scoring_program"),
          ingestion_program: source("ingestion_program"),
          input_data: source("input_data"),
          reference_data: source("reference_data"),
        },
        ingestionOnlyDuringScoring: task.ingestion_only_during_scoring,
      };
    }),
    solutions: [...Map.groupBy(solutions, ({ id }) => id)].map(([id, rows], index): SolutionDescription => {
      const { name, description, key, data } = rows[0]!;
      const taskIndexes = rows.map(({ task_id }) => indexes.get(task_id)!);
      // If a key is given, Codabench looks only at it and rejects unknown keys. So a dump with files has no keys.
      const copy = withFiles
        ? { key: null, file: files.source(byKey.get(data), `solution-${id}`) }
        : { key, file: null };
      return { index, tasks: taskIndexes.sort((one, other) => one - other), name, description, ...copy };
    }),
    phases: phases.map((phase, index) => ({
      index,
      name: phase.name,
      description: phase.description,
      start: phase.starts_at,
      end: phase.ends_at,
      tasks: phaseTasks.filter((task) => task.phase_id === phase.id).map(({ id }) => indexes.get(id)!),
      maxSubmissionsPerDay: phase.max_submissions_per_day,
      maxSubmissionsPerPerson: phase.max_submissions_per_person,
      executionTimeLimit: phase.execution_time_limit,
      maxSubmissionSize: phase.max_submission_size,
      autoMigrateToThisPhase: phase.auto_migrate_to_this_phase,
      hideOutput: phase.hide_output,
      hidePredictionOutput: phase.hide_prediction_output,
      hideScoreOutput: phase.hide_score_output,
      blind: phase.blind,
      acceptsSubmissions: phase.accepts_submissions,
      deleteSubmissionsExceptBestAndLast: phase.delete_submissions_except_best_and_last,
      publicData: files.source(byId(phase.public_data_id), `public_data-${phase.id}`),
      startingKit: files.source(byId(phase.starting_kit_id), `starting_kit-${phase.id}`),
    })),
  };
  const record = { published: competition.published, collaborators: collaborators.map(({ username }) => username) };
  const document = { path: "competition.yaml", bytes: Buffer.from(dumpYaml(description, record)) };
  return { title: competition.title, files: [document, ...files.files] };
}

/** A title in a form that file names allow. */
export const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60) || "page";

async function logoFile({ objects }: Context, key: string | null, files: Files): Promise<string> {
  if (key === null) {
    files.files.push({ path: "logo.png", bytes: blankLogo });
    return "logo.png";
  }
  const object: ObjectRef = { bucket: "uploads", key };
  const name = basename(key);
  const format = imageFormat(await objects.getRange(object, 0, 12));
  // The extension must match the content, or the import is rejected.
  const path = /\.(?:jpe?g|png|gif|webp)$/i.test(name) ? name : `logo.${format ?? "png"}`;
  files.files.push({ path, object, name: "logo" });
  return path;
}

function settingsOf(competition: Detail["competition"]) {
  return {
    title: competition.title,
    description: competition.description,
    registrationAutoApprove: competition.registration_auto_approve,
    dockerImage: competition.docker_image,
    queue: competition.queue_id,
    enableDetailedResults: competition.enable_detailed_results,
    showDetailedResultsInSubmissionPanel: competition.show_detailed_results_in_submission_panel,
    showDetailedResultsInLeaderboard: competition.show_detailed_results_in_leaderboard,
    autoRunSubmissions: competition.auto_run_submissions,
    canParticipantsMakeSubmissionsPublic: competition.can_participants_make_submissions_public,
    makeProgramsAvailable: competition.make_programs_available,
    makeInputDataAvailable: competition.make_input_data_available,
    enableNetwork: competition.enable_network,
    anonymousLeaderboard: competition.anonymous_leaderboard,
    liftTopFolders: competition.lift_top_folders,
    competitionType: competition.competition_type as CompetitionDescription["competitionType"],
    reward: competition.reward,
    contactEmail: competition.contact_email,
    forumEnabled: competition.forum_enabled,
    factSheet: competition.fact_sheet,
    dumpedSettings: {
      allowRobotSubmissions: competition.allow_robot_submissions,
      teamsShareLimits: competition.teams_share_limits,
      whitelistEmails: competition.whitelist_emails,
      report: competition.report,
    },
  };
}

function leaderboardOf(leaderboard: BoardView, taskIndexes: ReadonlyMap<number, number>): LeaderboardView {
  return {
    title: leaderboard.title,
    key: leaderboard.key,
    hidden: leaderboard.hidden,
    primaryIndex: leaderboard.primary_index,
    multiTaskRanking: leaderboard.multi_task_ranking as MultiTaskRanking,
    rankingTasks: leaderboard.ranking_tasks.flatMap((id) => taskIndexes.get(id) ?? []),
    columns: leaderboard.columns.map((column) => ({
      title: column.title,
      key: column.key,
      index: column.index,
      sorting: column.sorting,
      precision: column.precision,
      hidden: column.hidden,
      computation: column.computation as Computation | null,
      computationIndexes: column.computation_indexes,
    })),
  };
}
