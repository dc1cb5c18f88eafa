/** Items of worksheets, and who may do what with worksheets and bundles. */
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import { permissionOf, type Permission } from "../rules/permission.ts";
import { share } from "../service/share.ts";
import { addItems, type NewItem } from "../service/worksheet-items.ts";
import { requireUuid } from "../service/worksheets.ts";
import { resources, type Resource } from "./json-api.ts";
import { byUuid, done, rest } from "./rest.ts";
import { shownItem, shownPermission } from "./shapes.ts";

const maxText = 1_000_000;
const itemType = z.enum(["markup", "directive", "bundle", "worksheet"]);
const itemBody = resources(
  { type: itemType, value: z.string().max(maxText).nullish() },
  "worksheet",
  "bundle",
  "subworksheet",
);

type Given = z.infer<typeof itemBody>["data"][number];

function newItem({ attributes, relationships }: Given): NewItem {
  const { type, value } = attributes;
  const uuid = (name: "bundle" | "subworksheet"): string => {
    const id = relationships[name]?.data?.id;
    if (id === undefined) throw new Refusal("invalid", "INVALID", `An item of the type ${type} names a ${name}.`);
    return requireUuid(id);
  };
  return {
    type,
    bundle_uuid: type === "bundle" ? uuid("bundle") : null,
    subworksheet_uuid: type === "worksheet" ? uuid("subworksheet") : null,
    value: value ?? "",
  };
}

const permission = z.int().min(0).max(2);
const permissionBody = (kind: "worksheet" | "bundle") =>
  resources({ permission: permission.optional(), permission_spec: z.string().optional() }, kind, "group");

function wantedPermission(attributes: {
  permission?: number | undefined;
  permission_spec?: string | undefined;
}): Permission {
  const wanted =
    attributes.permission ??
    (attributes.permission_spec === undefined ? undefined : permissionOf(attributes.permission_spec));
  if (wanted === undefined)
    throw new Refusal("invalid", "INVALID", "One of either permission or permission_spec must be provided.");
  return wanted as Permission;
}

const sharing = (kind: "worksheet" | "bundle") =>
  rest({
    method: "POST",
    path: `/rest/${kind}-permissions/`,
    summary: `Say what a group may do with a ${kind}`,
    access: "user",
    audited: true,
    body: permissionBody(kind),
    answers: "The permissions",
    async handle({ context, actor, reason, body }) {
      const wanted = body.data.map(({ attributes, relationships }) => {
        const related = relationships as Partial<Record<string, { data?: { id: string } | null }>>;
        return {
          uuid: requireUuid(related[kind]?.data?.id ?? ""),
          group: related["group"]?.data?.id ?? "",
          permission: wantedPermission(attributes),
        };
      });
      const set = await share(context, { actor, reason }, kind, wanted);
      return { data: set.map((one): Resource => shownPermission(kind, one)) };
    },
  });

export const itemRoutes = [
  rest({
    method: "POST",
    path: "/rest/worksheet-items/",
    summary: "Add items to the end of a worksheet, or put them in the place of all that is there",
    access: "user",
    query: {
      uuid: "The worksheet",
      replace: "1 replaces all items",
      last_item_id: "With replace: the item that you have seen last. What was added later stays at the end",
    },
    body: itemBody,
    // `cl` sends all items of a worksheet to take one off.
    maxValues: 500_000,
    answers: "The items",
    async handle({ context, actor, query, body }) {
      const uuid = requireUuid(query.text("uuid") ?? body.data[0]?.relationships.worksheet?.data?.id ?? "");
      const items = body.data.map(newItem);
      const place = { replace: query.flag("replace"), lastItemId: query.number("last_item_id") ?? null };
      await addItems(context, actor, uuid, items, place);
      return { data: items.map((item) => shownItem(uuid, item)) };
    },
  }),
  rest({
    method: "POST",
    path: "/rest/worksheets/{uuid}/add-items/",
    summary: "Add items behind a place on a worksheet, and delete others",
    access: "user",
    params: byUuid,
    body: z.looseObject({
      ids: z
        .array(z.union([z.string(), z.number()]).transform(String))
        .max(20_000)
        .default([]),
      items: z.array(z.string().max(maxText)).max(20_000).default([]),
      item_type: z.enum(["markup", "directive", "bundle"]).default("markup"),
      after_sort_key: z
        .union([
          z
            .string()
            .regex(/^-?\d{1,15}$/)
            .transform(Number),
          z.int(),
        ])
        .nullish(),
    }),
    answers: "Nothing",
    empty: 200,
    async handle({ context, actor, params, body }) {
      const { item_type: type, after_sort_key: after } = body;
      const items = body.items.map((text): NewItem => {
        const bundle_uuid = type === "bundle" ? requireUuid(text) : null;
        return { type, bundle_uuid, subworksheet_uuid: null, value: type === "bundle" ? "" : text };
      });
      await addItems(context, actor, params.uuid, items, {
        remove: body.ids.map(itemId),
        afterSortKey: after ?? null,
      });
      return done;
    },
  }),
  sharing("worksheet"),
  sharing("bundle"),
];

function itemId(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw new Refusal("invalid", "INVALID", `This is no id of an item: ${text}`);
  return text;
}
