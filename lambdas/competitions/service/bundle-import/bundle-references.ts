import { solutionIdsByKey } from "../../db/competitions.ts";
import { findDatasets, type Dataset } from "../../db/datasets.ts";
import { findQueueAccess } from "../../../jobs/db/queues.ts";
import type { CompetitionFiles } from "../../db/store-competition.ts";
import { tasksByKey } from "../../db/tasks.ts";
import { bundleProblem, bundleWarning, hasErrors } from "../../rules/bundle-format/problems.ts";
import { listInWords } from "../../rules/bundle-format/wording.ts";
import type {
  BundleProblem,
  CompetitionDescription,
  DatasetType,
  FileSource,
  TaskFiles,
} from "../../rules/competition.ts";
import { queueForJobs } from "../../../jobs/db/served-queues.ts";
import { queueCaps } from "../../rules/compile-submission.ts";
import { queueProfilesWithoutNetwork } from "../../../jobs/service/network.ts";
import type { Context } from "../../../kernel/context.ts";
import { problemsOfStored } from "./stored-archive.ts";

/** Every file in the description, with its dataset type and its path in the YAML. */
export function fileSources(
  competition: CompetitionDescription,
): { source: FileSource; type: DatasetType; path: string }[] {
  const sources: { source: FileSource | null; type: DatasetType; path: string }[] = [];
  for (const [index, task] of competition.tasks.entries())
    if ("files" in task)
      for (const [role, source] of Object.entries(task.files) as [keyof typeof task.files, FileSource | null][])
        sources.push({ source, type: role, path: `tasks[${index}].${role}` });
  for (const [index, solution] of competition.solutions.entries())
    sources.push({ source: solution.file, type: "solution", path: `solutions[${index}].path` });
  for (const [index, phase] of competition.phases.entries()) {
    sources.push({ source: phase.publicData, type: "public_data", path: `phases[${index}].public_data` });
    sources.push({ source: phase.startingKit, type: "starting_kit", path: `phases[${index}].starting_kit` });
  }
  return sources.flatMap(({ source, ...rest }) => (source ? [{ source, ...rest }] : []));
}

/** What a bundle refers to by key: the ids of what exists, and the competition without what does not. */
export interface References {
  problems: BundleProblem[];
  files: Pick<CompetitionFiles, "datasets" | "existingTasks" | "existingSolutions">;
  competition: CompetitionDescription;
}

/** Looks up everything that the bundle refers to by key. It must exist and be public or usable by the uploader. */
export async function resolveReferences(
  context: Context,
  userId: number,
  competition: CompetitionDescription,
): Promise<References> {
  const { db, environment } = context;
  const problems: BundleProblem[] = [];
  const files: References["files"] = { datasets: new Map(), existingTasks: new Map(), existingSolutions: new Map() };

  const solutionKeys = competition.solutions.flatMap(({ key }) => key ?? []);
  const known = new Map((await solutionIdsByKey(db, solutionKeys)).map((solution) => [solution.key, solution]));
  const solutions = competition.solutions.map((solution, index) => {
    const { key, file } = solution;
    if (key === null) return solution;
    const existing = known.get(key);
    if (existing?.created_by === userId) {
      files.existingSolutions.set(key, existing.id);
      return { ...solution, file: null };
    }
    // A dump from another server also contains the file, which becomes a new solution here.
    const problem = bundleProblem("BND-39", `solutions[${index}].key`, key);
    problems.push(file ? { ...problem, severity: "warning" } : problem);
    return solution;
  });

  const found = { ...competition, solutions };

  const sources = fileSources(found).flatMap(({ source, path }) =>
    source.from === "dataset" ? [{ source, path }] : [],
  );
  const datasets = new Map(
    (
      await findDatasets(
        db,
        sources.map(({ source }) => source.key),
      )
    ).map((d) => [d.key, d]),
  );
  const usable = new Map<FileSource, Dataset>();
  for (const { source, path } of sources) {
    const dataset = datasets.get(source.key);
    if (!dataset || !(dataset.is_public || dataset.created_by === userId))
      problems.push(bundleProblem("BND-11", path, source.key));
    else {
      files.datasets.set(source, dataset.id);
      usable.set(source, dataset);
    }
  }
  const liftTopFolder = competition.liftTopFolders;
  for (const [index, task] of found.tasks.entries())
    if ("files" in task)
      problems.push(
        ...(await problemsOfDatasets(context, task, { place: `tasks[${index}].`, datasets: usable, liftTopFolder })),
      );

  const taskKeys = competition.tasks.flatMap((task, index) => ("key" in task ? [{ key: task.key, index }] : []));
  const tasks = new Map(
    (
      await tasksByKey(
        db,
        taskKeys.map(({ key }) => key),
      )
    ).map((task) => [task.key, task]),
  );
  for (const { key, index } of taskKeys) {
    const task = tasks.get(key);
    if (!task || !(task.is_public || task.created_by === userId || task.shared_with.includes(userId)))
      problems.push(bundleProblem("BND-33", `tasks[${index}].key`, key));
    else files.existingTasks.set(key, task.id);
  }

  let { queue } = competition;
  if (queue !== null) {
    const named = await findQueueAccess(db, queue);
    if (!named) {
      // A bundle from another server refers to a queue there. The competition uses the default queue instead.
      problems.push({ ...bundleProblem("BND-27", "queue", queue), severity: "warning" });
      queue = null;
    } else if (!named.is_public && named.owner_id !== userId && !named.organizers.includes(userId))
      problems.push(bundleProblem("BND-28", "queue", queue));
  }
  if (!hasErrors(problems)) problems.push(...(await timeWarnings(context, queue, competition)));
  if (competition.enableNetwork) {
    const dark = await queueProfilesWithoutNetwork(context, queue);
    if (!environment.ALLOW_NETWORK) problems.push(bundleWarning("BND-29", "enable_network"));
    else if (dark.length > 0) problems.push(bundleWarning("BND-29:queue", "enable_network", dark.join(" and ")));
  }
  return { problems, files, competition: { ...found, queue } };
}

type NewTask = Extract<CompetitionDescription["tasks"][number], { files: unknown }>;

/** The problems of existing datasets as the files of a new task. */
async function problemsOfDatasets(
  context: Context,
  { files, ingestionOnlyDuringScoring }: NewTask,
  {
    place,
    datasets,
    liftTopFolder,
  }: { place: string; datasets: ReadonlyMap<FileSource, Dataset>; liftTopFolder: boolean },
): Promise<BundleProblem[]> {
  const problems: BundleProblem[] = [];
  for (const [role, source] of Object.entries(files) as [keyof TaskFiles, FileSource | null][]) {
    const dataset = source ? datasets.get(source) : undefined;
    if (!dataset) continue;
    const use = { role, path: place + role, ingestionOnlyDuringScoring, liftTopFolder, wantsNetwork: null };
    problems.push(...(await problemsOfStored(context, dataset, use)));
  }
  return problems;
}

/** Says once which phases allow more time than the queue. */
async function timeWarnings(
  { db, environment }: Context,
  queueId: string | null,
  { phases }: CompetitionDescription,
): Promise<BundleProblem[]> {
  const cap = Math.min(...queueCaps(await queueForJobs(db, queueId), environment.MAX_EXECUTION_TIME_LIMIT));
  const longer = phases.filter(({ executionTimeLimit }) => executionTimeLimit > cap);
  const [first] = longer;
  if (!first) return [];
  const names = listInWords(new Set(longer.map(({ name }) => name)));
  return [bundleWarning("BND-83", `phases[${first.index}].execution_time_limit`, names, String(cap))];
}
