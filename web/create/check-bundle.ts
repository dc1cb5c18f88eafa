/** Checks a bundle in the browser by the rules of the platform, before a byte of it is uploaded. */
import {
  bundleProblem,
  hasErrors,
  missingYaml,
  parseBundle,
} from "../../lambdas/competitions/rules/bundle-format/index.ts";
import { programProblem } from "../../lambdas/competitions/rules/program-problem.ts";
import type {
  BundleListing,
  BundleProblem,
  CompetitionDescription,
} from "../../lambdas/competitions/rules/competition.ts";
import { BadZip, filesIn, readText, readZip, type ZipEntry } from "../upload/zip.ts";

/** What a bundle would become, and what is wrong with it. */
export interface Checked {
  problems: BundleProblem[];
  isValid: boolean;
  /** What stands in competition.yaml. Null if there is none. */
  yaml: string | null;
  files: number;
  /** Stands for the content. Null if the zip cannot be read. */
  checksum: string | null;
  summary: Summary | null;
}

/** What a valid bundle has. */
export interface Summary {
  title: string;
  phases: { name: string; start: Date; end: Date | null }[];
  tasks: number;
  columns: number;
  pages: number;
}

/** A longer description is not one. */
const maxYamlBytes = 5 * 1024 ** 2;

export async function checkBundle(file: Blob): Promise<Checked> {
  const unreadable = { isValid: false, yaml: null, files: 0, checksum: null, summary: null };
  try {
    const { entries, checksum } = await readZip(file);
    const files = filesIn({ entries }).length;
    const nothing = { ...unreadable, files, checksum };
    const found = entries.find(({ path }) => path === "competition.yaml");
    if (!found) return { ...nothing, problems: [missingYaml(entries.map(({ path }) => path))] };
    const yaml = found.size > maxYamlBytes ? null : await readText(file, found);
    if (yaml === null)
      return {
        ...nothing,
        problems: [
          bundleProblem("BND-99", "", "competition.yaml is not valid UTF-8 text. Save it with that encoding."),
        ],
      };
    const result = parseBundle(yaml, listingOf(entries));
    if (!result.ok) return { ...nothing, yaml, problems: result.problems };
    const problems = [...result.problems, ...(await problemsOfPrograms(file, entries, result.competition))];
    return { isValid: !hasErrors(problems), problems, yaml, files, checksum, summary: summaryOf(result.competition) };
  } catch (error) {
    if (!(error instanceof BadZip)) throw error;
    return { ...unreadable, problems: [bundleProblem("BND-02", "", error.message)] };
  }
}

function listingOf(entries: ZipEntry[]): BundleListing {
  const sizes = new Map(entries.filter(({ path }) => !path.endsWith("/")).map(({ path, size }) => [path, size]));
  const folders = new Set(
    entries.flatMap(({ path }) => {
      const steps = path.split("/").slice(0, -1);
      return steps.map((_, at) => steps.slice(0, at + 1).join("/"));
    }),
  );
  return {
    kind: (path) => (sizes.has(path) ? "file" : folders.has(path) ? "folder" : undefined),
    size: (path) => sizes.get(path) ?? 0,
  };
}

/** Judges programs that are folders. Those in zips are judged when the bundle is unpacked. */
async function problemsOfPrograms(
  file: Blob,
  entries: ZipEntry[],
  competition: CompetitionDescription,
): Promise<BundleProblem[]> {
  // Their metadata may be a folder further down.
  if (competition.liftTopFolders) return [];
  const problems: BundleProblem[] = [];
  for (const [index, task] of competition.tasks.entries()) {
    if (!("files" in task)) continue;
    for (const role of ["scoring_program", "ingestion_program"] as const) {
      const source = task.files[role];
      if (source?.from !== "bundle") continue;
      const prefix = `${source.path}/`;
      const inside = entries.filter(({ path }) => path.startsWith(prefix) && !path.endsWith("/"));
      if (inside.length === 0) continue;
      const name = (["metadata.yaml", "metadata"] as const).find((name) =>
        inside.some(({ path }) => path === prefix + name),
      );
      const entry = inside.find(({ path }) => path === prefix + name);
      const problem = programProblem({
        role,
        ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring,
        names: inside.map(({ path }) => path.slice(prefix.length)),
        metadata: name && entry ? { name, text: (await readText(file, entry)) ?? "" } : null,
        folder: source.path,
        path: `tasks[${index}].${role}`,
      });
      if (problem) problems.push(problem);
    }
  }
  return problems;
}

function summaryOf({ title, phases, tasks, leaderboard, pages }: CompetitionDescription): Summary {
  return {
    title,
    phases: phases.map(({ name, start, end }) => ({ name, start, end })),
    tasks: tasks.length,
    columns: leaderboard.columns.length,
    pages: pages.length,
  };
}
