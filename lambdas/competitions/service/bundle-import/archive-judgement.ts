/** Judges the archives of a task as workers will, so that nobody finds out only when every submission fails. */
import { basename } from "node:path/posix";
import { linkProblem } from "../../../jobs/rules/archives/links.ts";
import { bytesOf, shownPath } from "../../../jobs/rules/archives/names.ts";
import { folderWithMetadata } from "../../../jobs/rules/archives/top-folder.ts";
import { maxMetadataBytes, metadataNames, readCommand, type MetadataFile } from "../../../jobs/rules/command.ts";
import { bundleError, bundleWarning } from "../../rules/bundle-format/problems.ts";
import type { BundleProblem, TaskFiles } from "../../rules/competition.ts";
import { commandDoubts } from "../../rules/command-doubts.ts";
import { mayFetch, networkNeed } from "../../rules/network-need.ts";
import { programProblem, tokensOf } from "../../rules/program-problem.ts";
import type { BundleArchive } from "./bundle-archive.ts";
import type { ByteSource } from "./byte-source.ts";
import { BadArchive, isLink } from "./bundle-entry.ts";
import { readZip, TooManyEntries } from "./zip-items.ts";

/** What an archive is for. */
export interface ArchiveUse {
  role: keyof TaskFiles;
  ingestionOnlyDuringScoring: boolean;
  /** Whether a single top folder with metadata is removed when it is unpacked. */
  liftTopFolder: boolean;
  /** Whether its competition asks for a network. Null if it is not known. */
  wantsNetwork: boolean | null;
  /** Where the description names it. */
  path: string;
}

/** The files of an archive by path, as far as a judgement needs them. */
interface Contents {
  files: Map<string, File>;
  /** Where the folder is in its bundle; empty for a zip. */
  folder: string;
  /** The name of the folder or zip, without `.zip`. */
  name: string;
}

interface File {
  isLink: boolean;
  executable: boolean;
  /** Its first bytes. */
  head(length: number): Promise<Buffer>;
}

/** What is wrong with a folder of a bundle that becomes the archive of a task. */
export function problemsOfFolder(archive: BundleArchive, folder: string, use: ArchiveUse): Promise<BundleProblem[]> {
  const files = archive.filesUnder(folder).flatMap(({ name, entry }): [string, File][] =>
    name.endsWith("/")
      ? []
      : [
          [
            name,
            {
              isLink: isLink(entry),
              executable: (entry.mode & 0o111) !== 0,
              head: (length) => archive.head(entry, length),
            },
          ],
        ],
  );
  return judge({ files: new Map(files), folder, name: basename(folder) }, use);
}

/** What is wrong with a zip that is the archive of a task. One with very many entries is not judged. */
export async function problemsOfZip(source: ByteSource, fileName: string, use: ArchiveUse): Promise<BundleProblem[]> {
  try {
    const { items, head } = await readZip(source);
    const files = items.flatMap((item): [string, File][] =>
      item.kind === "folder"
        ? []
        : [
            [
              shownPath(item.path),
              { isLink: item.kind === "link", executable: item.executable, head: (length) => head(item, length) },
            ],
          ],
    );
    return await judge({ files: new Map(files), folder: "", name: basename(fileName, ".zip") }, use);
  } catch (error) {
    if (error instanceof TooManyEntries) return [];
    if (!(error instanceof BadArchive)) throw error;
    return [bundleError("BND-14", use.path, error.message)];
  }
}

async function judge({ files: all, folder, name }: Contents, use: ArchiveUse): Promise<BundleProblem[]> {
  const files = use.liftTopFolder ? lifted(all) : all;
  const badLink = await linkFault(files);
  if (badLink !== null) return [bundleError("BND-14", use.path, badLink)];
  const { role } = use;
  if (role !== "scoring_program" && role !== "ingestion_program") {
    const top = use.liftTopFolder ? undefined : ownFolder([...files.keys()], [name, role]);
    return top === undefined ? [] : [bundleWarning("BND-89", use.path, top)];
  }
  const metadata = await metadataOf(files);
  if (metadata === "link") return [];
  const program = { ...use, role, names: [...files.keys()], metadata, folder };
  const problem = programProblem(program);
  if (problem) return [problem];
  return [
    ...(await commandWarnings(metadata, tokensOf(program), files, use.path)),
    ...(use.wantsNetwork === false ? await networkWarning(files, use.path) : []),
  ];
}

/** The files without the single top folder with metadata, if there is one. */
function lifted(files: Contents["files"]): Contents["files"] {
  const folder = folderWithMetadata([...files.keys()]);
  if (folder === undefined) return files;
  const prefix = `${folder}/`;
  return new Map(
    [...files].flatMap(([path, file]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), file]] : [])),
  );
}

/** No system takes a longer target. */
const maxTargetBytes = 4096;

/** Which link leads out of the archive, as a part of a sentence. Null if none does. */
async function linkFault(files: Contents["files"]): Promise<string | null> {
  const targets = new Map<string, string>();
  for (const [path, file] of files)
    if (file.isLink) targets.set(bytesOf(path), (await file.head(maxTargetBytes)).toString("latin1"));
  for (const path of targets.keys()) {
    const problem = linkProblem(path, targets);
    if (problem !== undefined)
      return `it has a symbolic link that ${problem}, "${shownPath(path)}"; replace it by a file`;
  }
  return null;
}

/** The metadata file that workers read. "link" if it is a link, which is not followed here. */
async function metadataOf(files: Contents["files"]): Promise<MetadataFile | "link" | null> {
  for (const name of metadataNames) {
    const file = files.get(name);
    if (!file) continue;
    if (file.isLink) return "link";
    return { name, text: new TextDecoder().decode(await file.head(maxMetadataBytes)) };
  }
  return null;
}

/** The first line of a script. */
const maxLineBytes = 1024;

/** Warns of mistakes in the command of a program that has one. */
async function commandWarnings(
  metadata: MetadataFile | null,
  substitutions: readonly [string, string][],
  files: Contents["files"],
  path: string,
): Promise<BundleProblem[]> {
  const written = readCommand(metadata, []);
  const replaced = readCommand(metadata, substitutions);
  if (written.kind !== "run" || replaced.kind !== "run") return [];
  const tokens = substitutions.map(([token]) => token);
  const doubts = await commandDoubts({ written: written.argv, words: replaced.argv, tokens }, (name) => {
    const file = files.get(name);
    // Links are not followed here.
    return file && { executable: file.executable || file.isLink, head: () => file.head(maxLineBytes) };
  });
  return doubts.map(({ name, detail, limit }) => bundleWarning(name, path, detail, limit));
}

/** The only folder at the top of an archive, if it has one of these names: then somebody zipped the folder itself. */
function ownFolder(paths: readonly string[], names: readonly string[]): string | undefined {
  const kept = paths.filter((path) => !path.startsWith("__MACOSX/") && basename(path) !== ".DS_Store");
  return names.find((name) => kept.length > 0 && kept.every((path) => path.startsWith(`${name}/`)));
}

/** Only the first scripts are read, and of a long one only its start. */
const maxScripts = 20;
const maxScriptBytes = 64 * 1024;

async function networkWarning(files: Contents["files"], path: string): Promise<BundleProblem[]> {
  const scripts = [...files].filter(([name, { isLink }]) => !isLink && mayFetch(name)).slice(0, maxScripts);
  for (const [name, file] of scripts) {
    const need = networkNeed((await file.head(maxScriptBytes)).toString());
    if (need !== null) return [bundleWarning("BND-84", path, name, need)];
  }
  return [];
}
