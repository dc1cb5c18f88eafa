/** Makes bundles from parts of others, inside the store. */
import { UnusableArchive } from "../../../jobs/rules/archives/entries.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { findBundles, type Bundle } from "../../db/bundles.ts";
import { makeAgain, type NewContents } from "../../db/contents.ts";
import { dependenciesOf } from "../../db/dependencies.ts";
import { beginMake } from "../../db/starts.ts";
import type { Member } from "../../rules/contents/member.ts";
import { ownerOf, requireParents } from "./parents.ts";
import { fileBytes, membersOf } from "./read.ts";
import { storeContents, type Source } from "./store.ts";
import { findTarget, type Target } from "./targets.ts";
import { endBundle, failBundle } from "./end.ts";

/** Makes a bundle, if everything it is made from is there. It ends ready, or failed with a reason. */
export async function makeBundle(context: Context, uuid: string): Promise<void> {
  if (!(await transact(context, (tx) => beginMake(tx, uuid)))) return;
  const [bundle] = await findBundles(context.db, null, [uuid]);
  if (!bundle) return;
  try {
    const dependencies = await dependenciesOf(context.db, [bundle.id]);
    const owner = await ownerOf(context, bundle);
    await requireParents(context, owner, bundle, dependencies);
    const targets: { name: string; target: Target }[] = [];
    for (const { child_path: name, parent_uuid, parent_path } of dependencies)
      targets.push({ name, target: await findTarget(context, owner, parent_uuid, parent_path) });
    const keep = (contents: NewContents | null) =>
      endBundle(context, bundle, { contents, state: "ready", metadata: {} });
    const [first] = targets;
    if (targets.length === 1 && first!.name === "") await makeSame(context, bundle, first!.target, keep);
    else await storeContents(context, bundle, { kind: "members", members: membersOfAll(context, targets) }, keep);
  } catch (error) {
    await transact(context, (tx) =>
      error instanceof Refusal || error instanceof UnusableArchive
        ? failBundle(tx, context, bundle, error.message)
        : makeAgain(tx, bundle.id),
    );
    if (!(error instanceof Refusal) && !(error instanceof UnusableArchive)) throw error;
  }
}

async function* membersOfAll(context: Context, targets: { name: string; target: Target }[]): AsyncIterable<Member> {
  for (const { name, target } of targets) yield* membersOf(context, target, name);
}

/** Makes a bundle that has what another has. A whole bundle is copied by the store, with its index. */
async function makeSame(
  context: Context,
  bundle: Bundle,
  target: Target,
  keep: (contents: NewContents) => Promise<void>,
): Promise<void> {
  if (target.type === "link")
    throw new Refusal("invalid", "IS_LINK", `${target.path} is a link, from which no bundle can be made.`);
  if (target.path === "" && target.linked === null)
    return storeContents(
      context,
      bundle,
      { kind: "same", key: target.key, content: target.contentId === null ? "file" : "archive", bytes: target.size },
      keep,
    );
  const source: Source =
    target.type === "directory"
      ? { kind: "members", members: membersOf(context, target, "") }
      : { kind: "file", name: target.path, unpack: false, bytes: fileBytes(context, target) };
  await storeContents(context, bundle, source, keep);
}
