/** Worksheets. */
import * as z from "zod";
import type { Context } from "../../kernel/context.ts";
import type { Actor } from "../../policy/policy.ts";
import { seeBundles } from "../service/read-bundles.ts";
import { findWorksheetsBy } from "../service/searches.ts";
import { readItems, saveSource } from "../service/worksheet-items.ts";
import {
  changeWorksheets,
  createWorksheets,
  deleteWorksheets,
  groupPermissions,
  requireUuid,
  requireWorksheet,
  seenBy,
  worksheetsBySpecs,
  type SeenWorksheet,
} from "../service/worksheets.ts";
import { identifiers, idsOf, resources, withIncluded, type Document, type Resource } from "./json-api.ts";
import { owners } from "./people.ts";
import { byUuid, done, included, noContent, rest, type Query } from "./rest.ts";
import { sourceOf } from "./source-body.ts";
import { shownBundle, shownItem, shownPermission, shownWorksheet } from "./shapes.ts";

/** Worksheets as a list, with what a request wants of others. */
export async function listOfWorksheets(
  context: Context,
  actor: Actor,
  worksheets: SeenWorksheet[],
  query: Query,
): Promise<Document> {
  const include = included(query, "owner", "group_permissions");
  const permissions = include.has("group_permissions") ? await groupPermissions(context, actor, worksheets) : undefined;
  return withIncluded(
    worksheets.map((worksheet) => shownWorksheet(worksheet, { permissions })),
    [
      ...(include.has("owner")
        ? await owners(
            context,
            worksheets.map(({ owner_id }) => owner_id),
          )
        : []),
      ...(permissions ?? []).map((permission) => shownPermission("worksheet", permission)),
    ],
  );
}

/** A worksheet with its items, the bundles on it, and so on, as a request wants it. */
async function wholeWorksheet(context: Context, actor: Actor, uuid: string, query: Query): Promise<Document> {
  const include = included(
    query,
    ...(["owner", "group_permissions", "items", "items.bundle", "items.bundle.owner", "items.subworksheet"] as const),
  );
  const worksheet = seenBy(actor, await requireWorksheet(context.db, actor, uuid));
  const permissions = await groupPermissions(context, actor, [worksheet]);
  const items = include.has("items") ? await readItems(context, worksheet) : undefined;
  const related: Resource[] = (items ?? []).map((item) => shownItem(uuid, item));
  const ownerIds = include.has("owner") ? [worksheet.owner_id] : [];
  if (items && include.has("items.bundle")) {
    const bundles = await seeBundles(
      context.db,
      actor,
      items.flatMap(({ bundle_uuid }) => bundle_uuid ?? []),
    );
    related.push(...[...bundles.values()].map((bundle) => shownBundle(bundle)));
    if (include.has("items.bundle.owner"))
      ownerIds.push(...[...bundles.values()].map((bundle) => (bundle.kind === "seen" ? bundle.owner_id : null)));
  }
  if (items && include.has("items.subworksheet"))
    related.push(
      ...(await innerWorksheets(
        context,
        actor,
        items.flatMap(({ subworksheet_uuid }) => subworksheet_uuid ?? []),
      )),
    );
  related.push(...(await owners(context, ownerIds)));
  if (include.has("group_permissions"))
    related.push(...permissions.map((permission) => shownPermission("worksheet", permission)));
  return withIncluded(shownWorksheet(worksheet, { permissions, items, saysPermission: true }), related);
}

/** The worksheets on a worksheet that somebody may read. */
const innerWorksheets = async (context: Context, actor: Actor, uuids: string[]): Promise<Resource[]> =>
  (await worksheetsBySpecs(context, actor, [...new Set(uuids)]))
    .filter(({ permission }) => permission > 0)
    .map((worksheet) => shownWorksheet(worksheet));

/** Somebody who sees them for the first time finds out what worksheets are for. The latest change first. */
async function sampleWorksheets(context: Context, actor: Actor): Promise<object[]> {
  const home = await findWorksheetsBy(context, actor, ["name=home"]);
  const tagged = await findWorksheetsBy(context, actor, ["tag=paper,software,data", ".limit=3"]);
  const shown = [...home, ...tagged];
  const people = new Map(
    (
      await owners(
        context,
        shown.map(({ owner_id }) => owner_id),
      )
    ).map(({ id, attributes }) => [id, attributes["user_name"]]),
  );
  return shown.map(({ uuid, name, title, owner_id }) => ({
    uuid,
    display_name: title || name,
    owner_name: owner_id === null ? null : (people.get(String(owner_id)) ?? null),
  }));
}

const changes = {
  name: z.string().max(200).optional(),
  title: z.string().max(1000).nullish(),
  tags: z.array(z.string().max(1000)).max(1000).optional(),
  frozen: z.unknown().optional(),
  is_anonymous: z.boolean().optional(),
};

const rawRoute = (method: "PUT" | "POST") =>
  rest({
    method,
    path: "/rest/worksheets/{uuid}/raw/",
    summary: "Replace everything on a worksheet by its source",
    access: "anyone",
    params: byUuid,
    query: {
      last_item_id: "The item that you have seen last. What was added later stays at the end",
      items: "How many items you have seen. Nothing is saved if the worksheet has changed since",
    },
    answers: "Nothing",
    empty: 204,
    async handle({ context, actor, params, query, event }) {
      // Others are refused, and nothing is unpacked for them.
      const source = actor.kind === "user" ? await sourceOf(event) : "";
      await saveSource(context, actor, params.uuid, source, {
        lastItemId: query.number("last_item_id") ?? null,
        seenItems: query.number("items") ?? null,
      });
      return noContent;
    },
  });

export const worksheetRoutes = [
  rest({
    method: "GET",
    path: "/rest/worksheets/{uuid}/",
    summary: "A worksheet",
    access: "anyone",
    params: byUuid,
    query: { include: "owner, group_permissions, items, items.bundle, items.bundle.owner, items.subworksheet" },
    answers: "The worksheet",
    handle: ({ context, actor, params, query }) => wholeWorksheet(context, actor, params.uuid, query),
  }),
  rest({
    method: "GET",
    path: "/rest/worksheets/sample/",
    summary: "Worksheets for a front page",
    access: "anyone",
    answers: "A list of the worksheet `home` and of three that have one of the tags paper, software and data",
    schema: z.array(z.looseObject({ uuid: z.string(), name: z.string() })),
    handle: async ({ context, actor }) => ({ status: 200, body: await sampleWorksheets(context, actor) }),
  }),
  rest({
    method: "GET",
    path: "/rest/worksheets/",
    summary: "Worksheets by specs or keywords",
    access: "anyone",
    query: {
      specs: "A uuid, the beginning of one, a name, or nothing for your own home worksheet. May be repeated",
      base: "Is ignored",
      keywords: "What to search for, if there are no specs. May be repeated",
      include: "owner, group_permissions",
    },
    answers: "The worksheets",
    async handle({ context, actor, query }) {
      const specs = query.list("specs");
      const found =
        specs.length > 0
          ? await worksheetsBySpecs(context, actor, specs)
          : await findWorksheetsBy(context, actor, query.list("keywords"));
      return listOfWorksheets(context, actor, found, query);
    },
  }),
  rest({
    method: "POST",
    path: "/rest/worksheets/",
    summary: "Make worksheets, which everybody may read",
    access: "user",
    audited: true,
    body: resources({ name: z.string().max(200) }),
    answers: "Their uuids",
    async handle({ context, actor, reason, body }) {
      const wanted = body.data.map(({ id, attributes: { name } }) => ({
        name,
        uuid: id ? requireUuid(id) : undefined,
      }));
      const uuids = await createWorksheets(context, { actor, reason }, wanted);
      return {
        data: uuids.map((uuid, index) => ({
          type: "worksheets",
          id: uuid,
          attributes: { uuid, name: wanted[index]!.name },
        })),
      };
    },
  }),
  rest({
    method: "PATCH",
    path: "/rest/worksheets/",
    summary: "Change worksheets: name, title, tags, owner, frozen or not, anonymous or not",
    access: "user",
    audited: true,
    body: resources(changes, "owner"),
    answers: "The worksheets",
    async handle({ context, actor, reason, body }) {
      const wanted = body.data.map(({ id, attributes, relationships: { owner } }) => {
        const { name, title, tags, frozen, is_anonymous } = attributes;
        return {
          uuid: requireUuid(id ?? ""),
          ...(name !== undefined && { name }),
          ...(title !== undefined && { title }),
          ...(tags !== undefined && { tags }),
          ...(frozen !== undefined && { frozen: Boolean(frozen) }),
          ...(is_anonymous !== undefined && { is_anonymous }),
          owner: owner?.data?.id ?? null,
        };
      });
      await changeWorksheets(context, { actor, reason }, wanted);
      const uuids = wanted.map(({ uuid }) => uuid);
      return { data: (await worksheetsBySpecs(context, actor, uuids)).map((worksheet) => shownWorksheet(worksheet)) };
    },
  }),
  rest({
    method: "DELETE",
    path: "/rest/worksheets/",
    summary: "Delete worksheets. Their bundles stay",
    access: "user",
    audited: true,
    query: { force: "1 also deletes worksheets that have items or are frozen" },
    body: identifiers("worksheets"),
    answers: "Nothing",
    empty: 200,
    async handle({ context, actor, reason, query, body }) {
      await deleteWorksheets(context, { actor, reason }, idsOf(body).map(requireUuid), query.flag("force"));
      return done;
    },
  }),
  rawRoute("PUT"),
  rawRoute("POST"),
];
