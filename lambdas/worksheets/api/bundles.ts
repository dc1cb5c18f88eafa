/** Bundles of worksheets. */
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { Actor } from "../../policy/policy.ts";
import { bundleTypes } from "../rules/bundle.ts";
import { changeBundles, removeBundles } from "../service/change-bundles.ts";
import { createBundles } from "../service/create-bundles.ts";
import {
  andDescendants,
  bundlesInOrder,
  childrenByParent,
  groupPermissionsOfBundles,
  hostsByBundle,
  runsLike,
  seeBundles,
  type AnyBundle,
} from "../service/read-bundles.ts";
import { resolveBundles } from "../service/resolve-bundles.ts";
import { findBundlesBy } from "../service/searches.ts";
import { requireUuid } from "../service/worksheets.ts";
import { identifiers, idsOf, resources, withIncluded, type Document } from "./json-api.ts";
import { owners } from "./people.ts";
import { byUuid, included, rest, type Query } from "./rest.ts";
import { namedBundle, namedWorksheet, shownBundle, shownPermission } from "./shapes.ts";

const inclusions = ["owner", "group_permissions", "children", "host_worksheets"] as const;

/** Bundles in their order, with what a request wants of others. */
async function documentOf(context: Context, actor: Actor, bundles: AnyBundle[], query: Query): Promise<Document> {
  const include = included(query, ...inclusions);
  const permissions = include.has("group_permissions")
    ? await groupPermissionsOfBundles(context, actor, bundles)
    : undefined;
  const children = include.has("children") ? await childrenByParent(context, actor, bundles) : undefined;
  const hosts = include.has("host_worksheets") ? await hostsByBundle(context, actor, bundles) : undefined;
  const saysDisplay = query.flag("include_display_metadata");
  const ownerIds = include.has("owner") ? bundles.map((one) => (one.kind === "seen" ? one.owner_id : null)) : [];
  return withIncluded(
    bundles.map((bundle) => shownBundle(bundle, { permissions, children, hosts, saysDisplay })),
    [
      ...(await owners(context, ownerIds)),
      ...(permissions ?? []).map((permission) => shownPermission("bundle", permission)),
      ...[...(children?.values() ?? [])].flat().map(namedBundle),
      ...[...(hosts?.values() ?? [])].flat().map(namedWorksheet),
    ],
  );
}

const dependencyList = z
  .string()
  .transform((text, { addIssue }) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      addIssue("is not JSON");
      return z.NEVER;
    }
  })
  .pipe(z.array(z.looseObject({ child_path: z.string(), parent_uuid: z.string() })).max(1000));

/** The uuids that a request asks for. */
async function wantedUuids(context: Context, actor: Actor, query: Query): Promise<string[]> {
  const [specs, command, worksheet] = [query.list("specs"), query.text("command"), query.text("worksheet")];
  if (specs.length > 0) return resolveBundles(context, actor, worksheet ? requireUuid(worksheet) : null, specs);
  if (!command)
    throw new Refusal("invalid", "INVALID", "Request must include either 'keywords' or 'specs' query parameter");
  const dependencies = dependencyList.safeParse(query.text("dependencies") ?? "[]");
  if (!dependencies.success)
    throw new Refusal("invalid", "INVALID", "dependencies must be a JSON list of child_path and parent_uuid.");
  return runsLike(
    context,
    actor,
    command,
    dependencies.data.map(({ child_path, parent_uuid }) => ({ child_path, parent_uuid })),
  );
}

const text = (most: number) => z.string().max(most);
const newBundle = resources({
  uuid: text(40).nullish(),
  bundle_type: z.enum(bundleTypes),
  command: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).prefault({}),
  dependencies: z
    .array(
      z.looseObject({
        child_path: text(4096),
        parent_uuid: text(40),
        parent_path: text(4096).nullish(),
      }),
    )
    .prefault([]),
});

/** The worksheet to which new bundles are added. Bundles without one are wanted so, or refused. */
function worksheetOf(query: Query): string | null {
  if (query.flag("detached")) return null;
  const uuid = query.text("worksheet");
  if (uuid === undefined)
    throw new Refusal("invalid", "INVALID", "Parent worksheet id must be specified as 'worksheet' query parameter");
  return requireUuid(uuid);
}

export const bundleRoutes = [
  rest({
    method: "GET",
    path: "/rest/bundles/{uuid}/",
    summary: "A bundle",
    access: "anyone",
    params: byUuid,
    query: { include: inclusions.join(", "), include_display_metadata: "1 also says what may be edited" },
    answers: "The bundle",
    async handle({ context, actor, params, query }) {
      const document = await documentOf(context, actor, await bundlesInOrder(context, actor, [params.uuid]), query);
      return { ...document, data: [document.data!].flat()[0]! };
    },
  }),
  rest({
    method: "GET",
    path: "/rest/bundles/",
    summary: "Bundles by specs or keywords, or your runs with a command",
    access: "anyone",
    query: {
      specs: "A uuid, the beginning of one, a name, ^N, or name^N. May be repeated",
      worksheet: "The worksheet on which names and positions are looked up",
      keywords: "What to search for. May be repeated",
      command: "The command of your runs",
      dependencies: "What these runs depend on, as a JSON list of child_path and parent_uuid",
      depth: "Also gives what was made from the bundles, in so many steps",
      include: inclusions.join(", "),
      include_display_metadata: "1 also says what may be edited",
    },
    answers: "The bundles, in the order of the specs or of the search, or the number that a search asks for",
    async handle({ context, actor, query }) {
      const depth = query.number("depth");
      const keywords = query.list("keywords");
      const found = keywords.length > 0 ? await findBundlesBy(context, actor, keywords) : undefined;
      if (found && "number" in found) return { meta: { result: found.number } };
      const uuids = found?.uuids ?? (await wantedUuids(context, actor, query));
      const all = depth === undefined ? uuids : await andDescendants(context, uuids, depth);
      return documentOf(context, actor, await bundlesInOrder(context, actor, all), query);
    },
  }),
  rest({
    method: "POST",
    path: "/rest/bundles/",
    summary: "Make bundles",
    access: "user",
    query: {
      worksheet: "The worksheet to whose end they are added, and whose permissions they get",
      detached: "1 adds them to no worksheet",
      shadow: "Adds them behind this bundle instead, wherever it stands",
      after_sort_key: "Adds them behind this place of the worksheet instead",
      after_image: "1 puts an empty line before each",
      wait_for_upload: "1 waits for an upload of the contents, whatever the type",
      bundle_store: "Is ignored",
    },
    body: newBundle,
    answers: "The bundles",
    async handle({ context, actor, query, body }) {
      const wanted = body.data.map(({ id, attributes: { uuid, bundle_type, command, metadata, dependencies } }) => ({
        uuid: uuid ?? id ?? undefined,
        bundle_type,
        command: command ?? null,
        metadata,
        dependencies: dependencies.map(({ child_path, parent_uuid, parent_path }) => ({
          child_path,
          parent_uuid,
          parent_path: parent_path ?? "",
        })),
      }));
      const uuids = await createBundles(context, actor, wanted, {
        worksheet: worksheetOf(query),
        afterSortKey: query.number("after_sort_key") ?? null,
        afterImage: query.flag("after_image"),
        shadow: query.text("shadow") ?? null,
        waitForUpload: query.flag("wait_for_upload"),
      });
      const made = await seeBundles(context.db, actor, uuids);
      // One may be gone already.
      return { data: uuids.flatMap((uuid) => (made.has(uuid) ? [shownBundle(made.get(uuid)!)] : [])) };
    },
  }),
  rest({
    method: "PATCH",
    path: "/rest/bundles/",
    summary: "Change bundles: metadata, owner, frozen or not, anonymous or not",
    access: "user",
    audited: true,
    body: resources(
      {
        metadata: z.record(z.string(), z.unknown()).optional(),
        frozen: z.unknown().optional(),
        is_anonymous: z.boolean().optional(),
      },
      "owner",
    ),
    answers: "The bundles",
    async handle({ context, actor, reason, body }) {
      const wanted = body.data.map(({ id, attributes, relationships: { owner } }) => ({
        uuid: requireUuid(id ?? ""),
        metadata: attributes.metadata,
        frozen: attributes.frozen === undefined ? undefined : Boolean(attributes.frozen),
        is_anonymous: attributes.is_anonymous,
        owner: owner?.data?.id,
      }));
      await changeBundles(context, { actor, reason }, wanted);
      const uuids = wanted.map(({ uuid }) => uuid);
      const changed = await seeBundles(context.db, actor, uuids);
      return { data: uuids.flatMap((uuid) => (changed.has(uuid) ? [shownBundle(changed.get(uuid)!)] : [])) };
    },
  }),
  rest({
    method: "DELETE",
    path: "/rest/bundles/",
    summary: "Delete bundles",
    access: "user",
    audited: true,
    query: {
      force: "1 also deletes what others depend on, or what stands on several worksheets",
      recursive: "1 also deletes everything that was made from them",
      "data-only": "1 deletes the contents and nothing else",
      "dry-run": "1 deletes nothing",
    },
    body: identifiers("bundles"),
    answers: "The uuids of all that is deleted",
    async handle({ context, actor, reason, query, body }) {
      const ids = await removeBundles(context, { actor, reason }, idsOf(body).map(requireUuid), {
        force: query.flag("force"),
        recursive: query.flag("recursive"),
        dataOnly: query.flag("data-only"),
        dryRun: query.flag("dry-run"),
      });
      return { meta: { ids } };
    },
  }),
];
