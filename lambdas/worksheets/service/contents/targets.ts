/** Finds what a path of a worksheet bundle names: something in its contents, or in a bundle it depends on. */
import { Refusal } from "../../../kernel/refusal.ts";
import type { Context } from "../../../kernel/context.ts";
import type { LinkedPlace } from "../../../kernel/linked-folders.ts";
import type { Actor } from "../../../policy/policy.ts";
import { findBundles, type Bundle } from "../../db/bundles.ts";
import { contentIdOf } from "../../db/contents.ts";
import { dependenciesOf, type Dependency } from "../../db/dependencies.ts";
import { findFile } from "../../db/files.ts";
import type { FolderEntry } from "../../rules/contents/folder-entry.ts";
import { idOf } from "../access.ts";
import { requirePermission } from "../read-bundles.ts";
import { inLinked, linkOf } from "./linked.ts";
import { isLive, liveItem } from "../runs/live.ts";
import { isSubmission, submissionFolders, type SubmissionFile, type SubmissionFolder } from "../submission-bundles.ts";
import { notEnough } from "../worksheets.ts";

/** Something in the contents of a bundle. */
export interface Target {
  bundle: Pick<Bundle, "uuid" | "metadata" | "created_when" | "data_size" | "job_id">;
  /** The key of the bundle's object. */
  key: string;
  /** Where it is in that bundle; empty for the whole contents. */
  path: string;
  type: FolderEntry["type"];
  mode: number;
  /** Of a file: its bytes. */
  size: number;
  /** Of a link. */
  link?: string;
  /** What it is in the zip of a folder. Null: the whole contents. */
  entry: FolderEntry | null;
  /** The index, if the contents are a folder. */
  contentId: string | null;
  /** Whether a run is writing it: then it is on the worker, and not in the store. */
  isLive: boolean;
  /** Files of a submission: all of them, or the one that is meant. Null: of any other bundle. */
  files: readonly SubmissionFile[] | null;
  /** Where it is on this machine, if the bundle is a link to there. */
  linked: LinkedPlace | null;
}

/** A bundle depends on one that depends on another, and so on. Longer ways are not followed. */
const maxSteps = 20;

const notFound = (path: string, uuid: string) =>
  new Refusal("not-found", "NO_SUCH_PATH", `Path '${path}' in bundle ${uuid} not found`);

/** Finds what a path names, for somebody who may read every bundle on the way. */
export async function findTarget(context: Context, actor: Actor, uuid: string, given: string): Promise<Target> {
  let [at, path] = [uuid, normalized(given, uuid)];
  for (let step = 0; step < maxSteps; step += 1) {
    const { target, dependencies } = await oneStep(context, actor, at, path);
    if (target) return target;
    const dependency = dependencies.find(
      ({ child_path: key }) => key !== "" && (path === key || path.startsWith(`${key}/`)),
    );
    if (!dependency) break;
    const rest = path.slice(dependency.child_path.length + 1);
    [at, path] = [dependency.parent_uuid, [dependency.parent_path, rest].filter((part) => part !== "").join("/")];
  }
  throw notFound(given, uuid);
}

/** What a path is in a bundle or submission itself, or else what that depends on. */
async function oneStep(
  context: Context,
  actor: Actor,
  uuid: string,
  path: string,
): Promise<{
  target?: Target | undefined;
  dependencies: Pick<Dependency, "child_path" | "parent_uuid" | "parent_path">[];
}> {
  const [bundle] = await findBundles(context.db, idOf(actor), [uuid]);
  // The gateway may not look into competitions.
  const submission =
    bundle || !(await isSubmission(context.db, uuid))
      ? undefined
      : (await submissionFolders(context, actor, [uuid])).get(uuid);
  if (submission === null) throw notEnough(actor, "bundle", [uuid], 0, 1);
  if (submission) return { target: await inSubmission(submission, path), dependencies: submission.dependencies };
  requirePermission(actor, bundle ? [bundle] : [], [uuid], 1);
  const target = await inContents(context, bundle!, path);
  return { target, dependencies: target ? [] : await dependenciesOf(context.db, [bundle!.id]) };
}

async function inSubmission(submission: SubmissionFolder, path: string): Promise<Target | undefined> {
  const { uuid, metadata, created_when } = submission;
  const files = await submission.files(path === "" ? undefined : path);
  if (path !== "" && files.length === 0) return undefined;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return {
    bundle: { uuid, metadata, created_when, data_size: size, job_id: null },
    key: "",
    path,
    type: path === "" ? "directory" : "file",
    mode: path === "" ? 0o755 : 0o644,
    size,
    entry: null,
    contentId: null,
    isLive: false,
    files,
    linked: null,
  };
}

/** A path without empty steps and `.`. */
function normalized(path: string, uuid: string): string {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.pop() === undefined) throw notFound(path, uuid);
  }
  if (path.includes("\0")) throw notFound(path, uuid);
  return steps.join("/");
}

async function inLiveFolder(context: Context, bundle: Bundle, path: string): Promise<Target | undefined> {
  const item = await liveItem(context, bundle, path, 0);
  if (!item || item.kind === "special") return undefined;
  const { mode, size, target } = item;
  return {
    bundle,
    key: "",
    path,
    type: item.kind === "folder" ? "directory" : item.kind,
    mode,
    size,
    ...(target !== undefined && { link: target }),
    entry: null,
    contentId: null,
    isLive: true,
    files: null,
    linked: null,
  };
}

async function throughLink(context: Context, bundle: Bundle, url: string, path: string): Promise<Target | undefined> {
  const item = await inLinked(context, bundle, url, path);
  if (!item) return undefined;
  const { type, mode, size, target, place } = item;
  return {
    bundle,
    key: "",
    path,
    type,
    mode,
    size,
    ...(target !== undefined && { link: target }),
    entry: null,
    contentId: null,
    isLive: false,
    files: null,
    linked: place,
  };
}

/** What a path names in the contents of a bundle itself; undefined if nothing. Links are not followed. */
export async function inContents(context: Context, bundle: Bundle, path: string): Promise<Target | undefined> {
  const { content, content_key: key } = bundle;
  if (isLive(bundle)) return inLiveFolder(context, bundle, path);
  const link = linkOf(bundle);
  if (link !== undefined) return throughLink(context, bundle, link, path);
  if (key === null) return undefined;
  const whole = { bundle, key, path, entry: null, isLive: false, files: null, linked: null };
  if (content === "file")
    return path === "" ? { ...whole, type: "file", mode: 0o644, size: bundle.data_size, contentId: null } : undefined;
  const { db } = context;
  const contentId = await contentIdOf(db, key);
  if (contentId === undefined) return undefined;
  if (path === "") return { ...whole, type: "directory", mode: 0o755, size: bundle.data_size, contentId };
  const entry = await findFile(db, contentId, path);
  return (
    entry && {
      ...whole,
      contentId,
      entry,
      type: entry.type,
      mode: entry.mode,
      size: entry.size,
      ...(entry.target !== undefined && { link: entry.target }),
    }
  );
}
