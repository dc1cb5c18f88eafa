import { constants, createReadStream } from "node:fs";
import { cp, lstat, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { text } from "node:stream/consumers";
import { readCommand } from "../lambdas/jobs/rules/command.ts";
import type { Command, MetadataFile } from "../lambdas/jobs/rules/command.ts";
import type { ContainerSpec, SignedObject, Step, StepName } from "../contract/job.ts";
import type { Archives, FetchedArchive } from "./archives.ts";
import { StepFailure } from "./failure.ts";
import type { BoundFolder } from "./launchers/launcher.ts";
import { DiskBudget, makeSharedFolder, unpack } from "./unpack.ts";

type FolderSpec = Step<SignedObject>["folders"][number];

/** What a container is to do, now that its program is unpacked. */
export type Plan =
  | { kind: "run"; argv: string[] }
  /** Its program's files became output. */
  | { kind: "copied" }
  /** Nothing to run. `reason`, when there is one, is for the program's author. */
  | { kind: "skip"; reason: string | null };

/** The folders of one step on this machine, each an own one. */
export class StepFolders {
  readonly #step: Step<SignedObject>;
  readonly #root: string;

  /** `root` is a new folder that no container sees. */
  constructor(step: Step<SignedObject>, root: string) {
    this.#step = step;
    this.#root = root;
  }

  get output(): string {
    return this.path(this.#step.output);
  }

  /** Whether the output has a file, folder or link of that name. */
  async hasOutput(name: string): Promise<boolean> {
    return (await lstat(join(this.output, name)).catch(() => null)) !== null;
  }

  /** The path of a folder. Throws for a name that leads out of the root. */
  path(folder: string, subfolder = ""): string {
    return inside(inside(this.#root, folder), subfolder);
  }

  /** Where a container finds its folders. */
  bound(container: ContainerSpec): BoundFolder[] {
    return container.mounts.map(({ folder, subfolder, path, readOnly }) => ({
      hostPath: this.path(folder, subfolder),
      path,
      readOnly,
    }));
  }

  /**
   * Makes the folders and unpacks what belongs into them, side by side. `outputOf` gives the local output archive of an
   * earlier step. Returns the archives that were fetched.
   */
  async fill(archives: Archives, outputOf: (step: StepName) => string, signal: AbortSignal): Promise<FetchedArchive[]> {
    const { folders, containers, limits } = this.#step;
    const budget = new DiskBudget(limits.diskBytes);
    await Promise.all(folders.map(({ name }) => makeSharedFolder(this.path(name))));
    const fetched = await settleAll(
      folders.flatMap((folder) => this.#contents(folder, archives, outputOf, budget, signal)),
    );
    for (const { folder, subfolder } of containers.flatMap(({ mounts }) => mounts)) {
      // An engine would make a missing one itself, as root's.
      await makeSharedFolder(this.path(folder, subfolder));
    }
    return fetched.filter((archive) => archive !== null);
  }

  #contents(
    folder: FolderSpec,
    archives: Archives,
    outputOf: (step: StepName) => string,
    budget: DiskBudget,
    signal: AbortSignal,
  ): Promise<FetchedArchive | null>[] {
    return folder.contents.map(async ({ at, archive }) => {
      const target = this.path(folder.name, at);
      await makeSharedFolder(target);
      if (archive.from === "step") {
        await unpack(outputOf(archive.step), target, { label: `output of ${archive.step}`, budget, signal });
        return null;
      }
      const fetched = await archives.get(archive, this.#step.limits.diskBytes);
      await unpack(fetched.path, target, { label: fetched.label, budget, signal });
      return fetched;
    });
  }

  /**
   * Decides what a container does, and copies its program to the output when that is what is wanted. Throws
   * `StepFailure` NO_COMMAND or BAD_COMMAND when it must succeed and has nothing to run.
   */
  async plan(container: ContainerSpec): Promise<Plan> {
    const { program, substitutions, withoutMetadata, mustSucceed } = container;
    const contents = this.#step.folders.find(({ name }) => name === program)?.contents ?? [];
    if (contents.length === 0) return { kind: "skip", reason: null };
    const command = readCommand(await readMetadata(this.path(program)), substitutions);
    if (command.kind === "run") return command;
    if (command.kind === "no-metadata" && withoutMetadata === "copy-to-output") {
      const mode = constants.COPYFILE_FICLONE;
      await cp(this.path(program), this.output, { recursive: true, mode });
      return { kind: "copied" };
    }
    const reason = command.kind === "no-metadata" ? noMetadata : command.reason;
    if (mustSucceed)
      throw new StepFailure(failureCode(command), `The ${container.name} of ${this.#step.name} cannot run. ${reason}`);
    return { kind: "skip", reason };
  }
}

const noMetadata = "It has neither metadata.yaml nor metadata at its top level, so there is no command to run.";

const failureCode = (command: Command) => (command.kind === "bad-command" ? "BAD_COMMAND" : "NO_COMMAND");

/** More than the 256 Ki characters that `readCommand` takes, whatever the characters. */
const metadataBytesRead = 4 * 256 * 1024 + 4;

async function readMetadata(folder: string): Promise<MetadataFile | null> {
  for (const name of ["metadata.yaml", "metadata"] as const) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => null);
    if (stats?.isFile()) return { name, text: await text(createReadStream(path, { end: metadataBytesRead })) };
  }
  return null;
}

/** Joins a relative path to a folder it must stay in. */
function inside(folder: string, relative: string): string {
  const path = resolve(folder, relative);
  if (path !== folder && !path.startsWith(folder + sep)) throw new Error(`"${relative}" leads out of its folder`);
  return path;
}

/** Waits for all, so that nothing goes on behind the back of an error, and throws the first. */
async function settleAll<T>(promises: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
