import { constants, createReadStream } from "node:fs";
import { chmod, copyFile, lstat, readdir, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { text } from "node:stream/consumers";
import { onlyTopFolder } from "../lambdas/jobs/rules/archives/top-folder.ts";
import { maxMetadataBytes, metadataNames } from "../lambdas/jobs/rules/command.ts";
import type { Command, MetadataFile } from "../lambdas/jobs/rules/command.ts";
import type { ContainerSpec, SignedObject, Step, StepName } from "../contract/job.ts";
import type { Archives, FetchedArchive } from "./archives.ts";
import type { Archiver } from "./archiver.ts";
import { StepFailure } from "./failure.ts";
import type { BoundFolder } from "./launchers/launcher.ts";
import { makeSharedFolder } from "./tree.ts";

type FolderSpec = Step<SignedObject>["folders"][number];

/** The only folder at the top of a program's archive. */
export interface TopFolder {
  name: string;
  /** Whether the program's metadata is in it. */
  hasMetadata: boolean;
}

/** What a container does, decided when its program has been unpacked. */
export type Plan =
  | { kind: "run"; argv: string[] }
  /** The program's files were copied to the output. `folder` is the one that contains all of them, if there is one. */
  | { kind: "copied"; folder: TopFolder | undefined }
  /** Nothing to run. `reason` is a sentence for the program's author, if there is one. */
  | { kind: "skip"; reason: string | null };

/** The folders of one step on this machine. */
export class StepFolders {
  readonly #step: Step<SignedObject>;
  readonly #root: string;

  /** `root` is a path that does not exist yet; containers see only folders below it. */
  constructor(step: Step<SignedObject>, root: string) {
    this.#step = step;
    this.#root = root;
  }

  get output(): string {
    return this.path(this.#step.output);
  }

  /** Whether the output contains a file, folder or link with this name. */
  async hasOutput(name: string): Promise<boolean> {
    return (await lstat(join(this.output, name)).catch(() => null)) !== null;
  }

  /** The path of a folder. Throws when it would be outside the root. */
  path(folder: string, subfolder = ""): string {
    return inside(inside(this.#root, folder), subfolder);
  }

  /** The folders that a container mounts. */
  bound(container: ContainerSpec): BoundFolder[] {
    return container.mounts.map(({ folder, subfolder, path, readOnly }) => ({
      hostPath: this.path(folder, subfolder),
      path,
      readOnly,
    }));
  }

  /**
   * Creates the folders and unpacks their archives in parallel. `outputOf` returns the path of an earlier step's output
   * archive. Returns the archives that were fetched.
   */
  async fill(archives: Archives, archiver: Archiver, outputOf: (step: StepName) => string): Promise<FetchedArchive[]> {
    const { folders, containers } = this.#step;
    await Promise.all(folders.map(({ name }) => makeSharedFolder(this.path(name))));
    const fetched = await settleAll(folders.flatMap((folder) => this.#contents(folder, archives, archiver, outputOf)));
    for (const { folder, subfolder } of containers.flatMap(({ mounts }) => mounts)) {
      // A container engine would create a missing folder, owned by root.
      await makeSharedFolder(this.path(folder, subfolder));
    }
    return fetched.filter((archive) => archive !== null);
  }

  #contents(
    folder: FolderSpec,
    archives: Archives,
    archiver: Archiver,
    outputOf: (step: StepName) => string,
  ): Promise<FetchedArchive | null>[] {
    const maxBytes = this.#step.limits.diskBytes;
    return folder.contents.map(async ({ at, archive, liftTopFolder, strayLinks, isFile = false }) => {
      const target = this.path(folder.name, at);
      await makeSharedFolder(isFile ? dirname(target) : target);
      if (archive.from === "step") {
        await archiver.order("unpack", outputOf(archive.step), target, {
          label: `output of ${archive.step}`,
          maxBytes,
        });
        return null;
      }
      const fetched = await archives.get(archive, maxBytes);
      if (isFile) await copyShared(fetched.path, target);
      else {
        const { label } = fetched;
        await archiver.order("unpack", fetched.path, target, { label, maxBytes, liftTopFolder, strayLinks });
      }
      return fetched;
    });
  }

  /**
   * Decides what a container does, and copies its program to the output if the step says so. Throws `StepFailure`
   * NO_COMMAND or BAD_COMMAND when the container must succeed but has no valid command.
   */
  async plan(container: ContainerSpec, archiver: Archiver): Promise<Plan> {
    const { program, argv, substitutions, withoutMetadata, mustSucceed } = container;
    if (argv) return { kind: "run", argv };
    const contents = this.#step.folders.find(({ name }) => name === program)?.contents ?? [];
    if (contents.length === 0) return { kind: "skip", reason: null };
    const command = await archiver.order("readCommand", await readMetadata(this.path(program)), substitutions);
    if (command.kind === "run") return command;
    if (command.kind === "no-metadata" && withoutMetadata === "copy-to-output") {
      await archiver.order("copyTree", this.path(program), this.output);
      return { kind: "copied", folder: await topFolder(this.path(program)) };
    }
    const reason = command.kind === "no-metadata" ? noMetadata(await topFolder(this.path(program))) : command.reason;
    if (mustSucceed)
      throw new StepFailure(failureCode(command), `The ${container.name} of ${this.#step.name} cannot run. ${reason}`);
    return { kind: "skip", reason };
  }
}

/** The folders of a step that has the folder `root`. */
export const foldersOf = (step: Step<SignedObject>, root: string): StepFolders =>
  new StepFolders(step, join(root, "folders"));

/** Copies a file so that users of all images can read and run it. */
async function copyShared(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, 0o755);
}

const noMetadata = (folder: TopFolder | undefined): string =>
  `Its archive has no command: neither metadata.yaml nor metadata is at its top level.${folder?.hasMetadata === true ? ` It is in the folder "${folder.name}": zip the content of the folder, not the folder.` : ""}`;

const failureCode = (command: Command) => (command.kind === "bad-command" ? "BAD_COMMAND" : "NO_COMMAND");

async function topFolder(program: string): Promise<TopFolder | undefined> {
  const entries = await readdir(program, { withFileTypes: true });
  const name = onlyTopFolder(entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)));
  return name === undefined ? undefined : { name, hasMetadata: (await readMetadata(join(program, name))) !== null };
}

async function readMetadata(folder: string): Promise<MetadataFile | null> {
  for (const name of metadataNames) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => null);
    if (stats?.isFile()) return { name, text: await text(createReadStream(path, { end: maxMetadataBytes })) };
  }
  return null;
}

/** Joins a relative path to a folder. Throws when the result is outside the folder. */
function inside(folder: string, relative: string): string {
  const path = resolve(folder, relative);
  if (path !== folder && !path.startsWith(folder + sep)) throw new Error(`"${relative}" is outside its folder`);
  return path;
}

/** Waits for all promises, so that no work continues after an error, and then throws the first error. */
async function settleAll<T>(promises: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
