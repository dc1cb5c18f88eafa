/** Finds files of many bundles at once, for worksheets. The number of statements does not grow with the files. */
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { linkedBytes } from "../../kernel/linked-folders.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { findBundles, type Bundle } from "../db/bundles.ts";
import { dependenciesOf, type Dependency } from "../db/dependencies.ts";
import { findManyFiles } from "../db/files.ts";
import type { FolderEntry } from "../rules/contents/folder-entry.ts";
import { permissionOnBundle } from "../rules/permission.ts";
import { idOf } from "./access.ts";
import { inLinked, linkOf } from "./contents/linked.ts";
import { storedBytes, submissionBytes } from "./contents/read.ts";
import { inTurns } from "./in-turns.ts";
import { submissionFolders, type SubmissionFolder } from "./submission-bundles.ts";

/** A path in a bundle. Its first part may be the key of a dependency, which leads into the parent. */
export interface BundlePath {
  uuid: string;
  path: string;
}

/** A file that somebody may read. */
export interface FoundFile {
  kind: "file";
  size: number;
  /** The bytes from the beginning, at most so many. */
  read(most: number): Promise<Buffer>;
}

/** What is at a path. `missing` also stands for the contents of a bundle that has none yet. */
export type Found = FoundFile | { kind: "directory" | "link" | "missing" | "forbidden" };

/** A bundle depends on one that depends on another, and so on. Longer ways are not followed. */
const maxSteps = 5;

/** What is at paths, in their order, as far as the actor may read every bundle on the way. */
export async function findFiles(context: Context, actor: Actor, paths: readonly BundlePath[]): Promise<Found[]> {
  const results = Array<Found>(paths.length).fill({ kind: "missing" });
  let open = paths.map(({ uuid, path }, index) => ({ index, uuid, path: plainPath(path) }));
  for (let step = 0; step < maxSteps && open.length > 0; step += 1) {
    const bundles = await bundlesByUuid(context, actor, open);
    const submissions = await submissionFolders(
      context,
      actor,
      open.flatMap(({ uuid }) => (bundles.has(uuid) ? [] : [uuid])),
    );
    const entries = await findManyFiles(
      context.db,
      open.map(({ uuid, path }) => ({ key: archiveKey(bundles.get(uuid)), path })),
    );
    const links = await inTurns(open, ({ uuid, path }) => inLink(context, actor, bundles.get(uuid), path));
    const missing = open.filter(({ index, uuid, path }, at) => {
      const bundle = bundles.get(uuid);
      const found = bundle ? (links[at] ?? inBundle(context, actor, bundle, path, entries[at])) : undefined;
      if (found) results[index] = found;
      return bundle && !found;
    });
    const inRuns = await inTurns(
      open.filter(({ uuid }) => submissions.has(uuid)),
      async (one) => {
        const submission = submissions.get(one.uuid) ?? null;
        const found = submission ? await inSubmission(context, submission, one.path) : ({ kind: "forbidden" } as const);
        if (found) results[one.index] = found;
        return found || !submission ? [] : inParent(one, submission.dependencies);
      },
    );
    open = [...(await inParents(context, missing, bundles)), ...inRuns.flat()];
  }
  return results;
}

/** A path without empty steps and `.`. One with `..` is left: nothing is there. */
const plainPath = (path: string) =>
  path
    .split("/")
    .filter((step) => step !== "" && step !== ".")
    .join("/");

async function bundlesByUuid(
  { db }: Context,
  actor: Actor,
  paths: readonly BundlePath[],
): Promise<Map<string, Bundle>> {
  const found = await findBundles(
    db,
    idOf(actor),
    paths.map(({ uuid }) => uuid),
  );
  return new Map(found.map((bundle) => [bundle.uuid, bundle]));
}

const archiveKey = (bundle: Bundle | undefined) => (bundle?.content === "archive" ? (bundle.content_key ?? "") : "");

/** What is at a path of a bundle's own contents. Undefined if nothing is. */
function inBundle(
  context: Context,
  actor: Actor,
  bundle: Bundle,
  path: string,
  entry: FolderEntry | undefined,
): Found | undefined {
  if (permissionOnBundle(actor, bundle) < 1) return { kind: "forbidden" };
  const { content, content_key: key, data_size } = bundle;
  if (key === null) return undefined;
  if (path === "") return content === "file" ? file(context, key, null, data_size) : { kind: "directory" };
  if (!entry) return undefined;
  return entry.type === "file" ? file(context, key, entry, entry.size) : { kind: entry.type };
}

const file = (context: Context, key: string, entry: FolderEntry | null, size: number): FoundFile => ({
  kind: "file",
  size,
  read: (most) =>
    buffer(Readable.from(storedBytes(context, { key, entry, size }, { start: 0, end: Math.min(size, most) }))),
});

/** What is at a path of a bundle that is a link to this machine. Undefined if it is none, or nothing is there. */
async function inLink(
  context: Context,
  actor: Actor,
  bundle: Bundle | undefined,
  path: string,
): Promise<Found | undefined> {
  const link = bundle && linkOf(bundle);
  if (link === undefined || permissionOnBundle(actor, bundle!) < 1 || path.split("/").includes("..")) return undefined;
  const found = await inLinked(context, bundle!, link, path).catch((error: unknown) => {
    if (error instanceof Refusal) return undefined;
    throw error;
  });
  if (found?.type !== "file") return found && { kind: found.type };
  const { size } = found;
  return {
    kind: "file",
    size,
    read: (most) => buffer(Readable.from(linkedBytes(found.place, { start: 0, end: Math.min(size, most) }))),
  };
}

/** What is at a path of a submission. Undefined if nothing is. */
async function inSubmission(context: Context, submission: SubmissionFolder, path: string): Promise<Found | undefined> {
  if (path === "") return { kind: "directory" };
  const [found] = await submission.files(path);
  if (!found) return undefined;
  const { size } = found;
  const read = (most: number) =>
    buffer(Readable.from(submissionBytes(context, found, { start: 0, end: Math.min(size, most) })));
  return { kind: "file", size, read };
}

type Open = BundlePath & { index: number };

/** Where paths continue that begin with the key of a dependency. */
async function inParents({ db }: Context, paths: readonly Open[], bundles: Map<string, Bundle>): Promise<Open[]> {
  const ids = new Set(paths.map(({ uuid }) => bundles.get(uuid)!.id));
  const byChild = Map.groupBy(await dependenciesOf(db, [...ids]), ({ child_id }) => child_id);
  return paths.flatMap((one) => inParent(one, byChild.get(bundles.get(one.uuid)!.id) ?? []));
}

/** Where a path continues in one of the dependencies of its bundle. Nowhere if it begins with no key. */
function inParent(
  { index, path }: Open,
  dependencies: readonly Pick<Dependency, "child_path" | "parent_uuid" | "parent_path">[],
): Open[] {
  const dependency = dependencies.find(
    ({ child_path: key }) => key !== "" && (path === key || path.startsWith(`${key}/`)),
  );
  if (!dependency) return [];
  const { parent_uuid, parent_path, child_path } = dependency;
  return [{ index, uuid: parent_uuid, path: plainPath(`${parent_path}/${path.slice(child_path.length)}`) }];
}
