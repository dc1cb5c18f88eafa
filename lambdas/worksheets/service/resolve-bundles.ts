/** Which bundle a spec names. */
import type { Actor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { uuidsOnWorksheet, uuidsWithName, uuidsWithPrefix } from "../db/bundles.ts";
import { readBundleSpec, type WorksheetSpec } from "../rules/specs.ts";
import { idOf, isRoot } from "./access.ts";
import { submissionsWithPrefix } from "./submission-bundles.ts";
import { requireWorksheet, resolveWorksheet } from "./worksheets.ts";

/** The uuids of specs, in their order and as often as they are named. */
export async function resolveBundles(
  context: Context,
  actor: Actor,
  worksheetUuid: string | null,
  specs: string[],
): Promise<string[]> {
  const uuids: string[] = [];
  for (const spec of specs) uuids.push(await resolveBundle(context, actor, worksheetUuid, spec));
  return uuids;
}

/** The uuid of the bundle that a spec names. A whole uuid is not looked up. */
export async function resolveBundle(
  context: Context,
  actor: Actor,
  worksheetUuid: string | null,
  text: string,
): Promise<string> {
  const spec = readBundleSpec(text);
  const base =
    spec.worksheet === null ? worksheetUuid : await resolveWorksheet(context, actor, specText(spec.worksheet));
  if (spec.kind === "uuid") return spec.uuid;
  if (spec.kind === "prefix") return withPrefix(context, actor, spec.prefix);
  const { name, position } = spec;
  const found = await candidates(context, actor, base, name, position);
  const uuid = found[position - 1];
  if (uuid !== undefined && position > 0) return uuid;
  if (name === null)
    throw new Refusal("invalid", "OUT_OF_BOUNDS", `${found.length} bundles, index ${position} out of bounds`);
  if (found.length === 0)
    throw new Refusal("not-found", "NO_SUCH_BUNDLE", `bundle spec ${name.text} doesn't match any bundles`);
  throw new Refusal(
    "invalid",
    "OUT_OF_BOUNDS",
    `bundle spec ${name.text} matches ${found.length} bundles, index ${position} out of bounds`,
  );
}

async function candidates(
  context: Context,
  actor: Actor,
  base: string | null,
  name: Parameters<typeof uuidsOnWorksheet>[2],
  position: number,
): Promise<string[]> {
  if (base !== null) {
    const worksheet = await requireWorksheet(context.db, actor, base);
    return uuidsOnWorksheet(context.db, worksheet.id, name, position);
  }
  if (name === null) throw new Refusal("invalid", "NO_WORKSHEET", "Say on which worksheet to look.");
  return uuidsWithName(context.db, { id: idOf(actor), all: isRoot(actor) }, name, position);
}

async function withPrefix({ db }: Context, actor: Actor, prefix: string): Promise<string> {
  const found = [
    ...(await uuidsWithPrefix(db, { id: idOf(actor), all: isRoot(actor) }, prefix)),
    ...(await submissionsWithPrefix(db, actor, prefix)),
  ];
  if (found.length > 1) throw new Refusal("invalid", "AMBIGUOUS", `More than one bundle has uuid prefix ${prefix}`);
  if (!found[0]) throw new Refusal("not-found", "NO_SUCH_BUNDLE", `uuid prefix ${prefix} doesn't match any bundles`);
  return found[0];
}

function specText(spec: WorksheetSpec): string {
  switch (spec.kind) {
    case "uuid":
      return spec.uuid;
    case "prefix":
      return spec.prefix;
    case "name":
      return spec.name;
    case "home":
      return "/";
  }
}
