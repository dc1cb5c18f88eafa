/** Judges the files of a bundle's tasks, and decides how those become archives that are not zips yet. */
import { bundleError } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, CompetitionDescription, FileSource, TaskFiles } from "../../rules/competition.ts";
import { looseFile } from "../../rules/loose-file.ts";
import { problemsOfFolder, problemsOfZip, type ArchiveUse } from "./archive-judgement.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import { contentFault, type ArchiveEntry } from "./bundle-entry.ts";
import { DamagedBundle, InflateBudget, keptBytes, nestedSource, TooMuchToInflate } from "./nested-source.ts";

type BundleFile = Extract<FileSource, { from: "bundle" }>;

/**
 * The problems of a bundle's programs and data, and the competition with the sources from which their archives are
 * made. Files of existing datasets are not judged here.
 */
export async function judgeCompetitionFiles(
  archive: BundleArchive,
  competition: CompetitionDescription,
): Promise<{ problems: BundleProblem[]; competition: CompetitionDescription }> {
  const judge = new TaskFileJudge(archive, {
    liftTopFolder: competition.liftTopFolders,
    wantsNetwork: competition.enableNetwork,
  });
  const tasks: CompetitionDescription["tasks"] = [];
  for (const [index, task] of competition.tasks.entries())
    tasks.push("files" in task ? { ...task, files: await judge.judgeTask(task, `tasks[${index}].`) } : task);
  return { problems: judge.problems, competition: { ...competition, tasks } };
}

/** The same for a single task in a zip of its own. */
export async function judgeTaskFiles(
  archive: BundleArchive,
  task: DescribedTask,
): Promise<{ problems: BundleProblem[]; files: TaskFiles }> {
  const judge = new TaskFileJudge(archive, { liftTopFolder: false, wantsNetwork: null });
  return { files: await judge.judgeTask(task, ""), problems: judge.problems };
}

interface DescribedTask {
  files: TaskFiles;
  ingestionOnlyDuringScoring: boolean;
}

/** What the competition decides about all archives. */
type Settings = Pick<ArchiveUse, "liftTopFolder" | "wantsNetwork">;

class TaskFileJudge {
  readonly problems: BundleProblem[] = [];
  readonly #archive: BundleArchive;
  readonly #settings: Settings;
  readonly #budget = new InflateBudget();
  /** A file that several tasks use in the same way is judged once. */
  readonly #judged = new Map<string, BundleFile>();

  constructor(archive: BundleArchive, settings: Settings) {
    this.#archive = archive;
    this.#settings = settings;
  }

  /** Judges the files of a task, and returns the sources from which their archives are made. */
  async judgeTask({ files, ingestionOnlyDuringScoring }: DescribedTask, place: string): Promise<TaskFiles> {
    const judged = { ...files };
    for (const role of Object.keys(files) as (keyof TaskFiles)[]) {
      const source = files[role];
      if (source?.from === "bundle")
        judged[role] = await this.#judge(source, {
          role,
          path: place + role,
          ingestionOnlyDuringScoring,
          ...this.#settings,
        });
    }
    return judged;
  }

  async #judge(source: BundleFile, use: ArchiveUse): Promise<BundleFile> {
    const key = JSON.stringify([source.path, use.role, use.ingestionOnlyDuringScoring]);
    const before = this.#judged.get(key);
    // Each use becomes a dataset of its own, so each has a source of its own.
    if (before) return { ...before };
    const found =
      this.#archive.listing.kind(source.path) === "file"
        ? await this.#judgeFile(source, use)
        : { source, problems: await problemsOfFolder(this.#archive, source.path, use) };
    this.problems.push(...found.problems);
    this.#judged.set(key, found.source);
    return found.source;
  }

  async #judgeFile(source: BundleFile, use: ArchiveUse): Promise<{ source: BundleFile; problems: BundleProblem[] }> {
    const { entry } = this.#archive.filesUnder(source.path)[0]!;
    // Reported for the whole bundle.
    if (contentFault(entry)) return { source, problems: [] };
    const loose = looseFile(source.path, await this.#archive.head(entry, 512));
    if (loose === "data" && use.role !== "scoring_program" && use.role !== "ingestion_program")
      return { source: { ...source, zipped: true }, problems: [] };
    if (loose !== "zip") return { source, problems: [bundleError("BND-13", use.path, source.path, loose)] };
    return { source, problems: await this.#judgeZip(entry, source.path, use) };
  }

  async #judgeZip(entry: ArchiveEntry, path: string, use: ArchiveUse): Promise<BundleProblem[]> {
    const source = await nestedSource(this.#archive, entry, this.#budget);
    // Reading many files of a large compressed zip takes long.
    const wantsNetwork = source.size <= keptBytes ? use.wantsNetwork : null;
    try {
      return await problemsOfZip(source, path, { ...use, wantsNetwork });
    } catch (error) {
      if (error instanceof TooMuchToInflate) return [];
      throw error instanceof DamagedBundle ? error.reason : error;
    }
  }
}
