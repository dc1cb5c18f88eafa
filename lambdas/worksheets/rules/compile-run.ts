/** Writes the job of a run: one step with a command of a shell. */
import { posix } from "node:path";
import type { ContainerSpec, Folder, JobSpec, Limits, ObjectRef, Step } from "../../../contract/job.ts";
import { LanguageProblem } from "./problem.ts";

/** The name of the step. */
export const runStep = "run";

/** Something that a run depends on. */
export interface RunInput {
  /** How the command calls it: a path in its folder, `.` for the top of it, or an absolute path. */
  key: string;
  object: ObjectRef;
  content: "file" | "archive";
  /** What of it is meant; empty for all of it. */
  path: string;
}

export interface RunToCompile {
  uuid: string;
  command: string;
  image: string;
  timeLimitSeconds: number;
  network: Step<ObjectRef>["network"];
  limits: Limits;
  /** Patterns of files that are not kept. */
  excludePatterns: readonly string[];
  profile: string | null;
  inputs: RunInput[];
}

/**
 * The command runs by `bash -c` in a folder that is called as the bundle. What it depends on is mounted beside, read-only, and
 * linked by its key. Its output streams become the files `stdout` and `stderr`, so that they are read like all others.
 */
export function compileRun(run: RunToCompile): JobSpec {
  const folder = `/${run.uuid}`;
  const objects = [...new Map(run.inputs.map((input) => [input.object.key, input])).values()];
  const folderOf = (input: RunInput) => `input-${objects.findIndex(({ object }) => object.key === input.object.key)}`;
  const beside = (input: RunInput) => `${folder}_dependencies/${folderOf(input)}`;
  const inputs = objects.map((input): Folder<ObjectRef> => ({
    name: folderOf(input),
    contents: [
      {
        at: input.content === "file" ? "file" : "",
        ...(input.content === "file" ? { isFile: true } : { strayLinks: true }),
        archive: { from: "object", object: input.object, cache: true, label: folderOf(input) },
      },
    ],
  }));
  const target = (input: RunInput) => posix.join(beside(input), input.content === "file" ? "file" : input.path);
  const program: ContainerSpec = {
    name: "program",
    program: "",
    argv: ["/bin/bash", "-c", scriptOf(run, folder, target)],
    workingDirectory: folder,
    mounts: [
      { folder: "work", subfolder: "", path: folder, readOnly: false },
      ...objects.map((input) => ({ folder: folderOf(input), subfolder: "", path: beside(input), readOnly: true })),
    ],
    substitutions: [],
    withoutMetadata: "error",
    mustSucceed: true,
  };
  return {
    steps: [
      {
        name: runStep,
        image: run.image,
        timeLimitSeconds: run.timeLimitSeconds,
        network: run.network,
        limits: run.limits,
        ...(run.profile !== null && { profile: run.profile }),
        folders: [{ name: "work", contents: [] }, ...inputs],
        containers: [program],
        output: "work",
        leaveOut: [...run.excludePatterns, ...run.inputs.map(({ key }) => `/${literal(key)}`)],
        collect: [],
        answers: true,
      },
    ],
  };
}

function scriptOf({ command, inputs }: RunToCompile, folder: string, target: (input: RunInput) => string): string {
  const links = inputs.map((input) => {
    const to = quoted(target(input));
    if (input.key === ".") return `for f in ${to}/* ${to}/.[!.]* ${to}/..?*; do [ -e "$f" ] && ln -s -- "$f" .; done`;
    const parent = posix.dirname(input.key);
    const parents = parent === "." || parent === "/" ? "" : `mkdir -p -- ${quoted(parent)} && `;
    return `${parents}ln -s -- ${to} ${quoted(input.key)}`;
  });
  return [`export HOME=${folder} CODALAB=true`, ...links, `( ${command}\n) > stdout 2> stderr`].join("\n");
}

/** A word of a shell that means itself. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A pattern that matches nothing but the text. */
const literal = (text: string): string => text.replace(/[*?[]/g, "[$&]");

/** The least memory that a run may ask for. */
const minMemoryBytes = 4 * 1024 ** 2;
/** What the worker needs beside the files of a run. */
const slackBytes = 64 * 1024 ** 2;
const maxOutputBytes = 5 * 1000 ** 3;

/** Limits of a run. `inputBytes` is what its inputs have: it may use its disk limit beside them. */
export function runLimits(request: {
  cpus: number;
  memoryBytes: number;
  diskBytes: number;
  inputBytes: number;
}): Limits {
  const { cpus, memoryBytes, diskBytes, inputBytes } = request;
  if (memoryBytes < minMemoryBytes) throw new LanguageProblem("A run needs at least 4m of memory (request_memory).");
  return {
    cpus,
    memoryBytes,
    pids: 4096,
    diskBytes: diskBytes + inputBytes + (inputBytes > 0 ? slackBytes : 0),
    logBytes: 1024 ** 2,
    outputBytes: Math.min(maxOutputBytes, Math.max(1024 ** 2, diskBytes)),
  };
}
