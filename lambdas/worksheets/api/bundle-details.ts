/** Actions on bundles, and where bundles are stored. */
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import { killBundles, writeToRun } from "../service/runs/act.ts";
import { listWorkers } from "../service/runs/workers.ts";
import { endUploadByHand, uploadableBundle } from "../service/contents/upload.ts";
import { bundlesInOrder, requireReadable } from "../service/read-bundles.ts";
import { requireUuid } from "../service/worksheets.ts";
import { identifiers, resources } from "./json-api.ts";
import { byUuid, plain, rest } from "./rest.ts";
import { shownBundle } from "./shapes.ts";

/** The platform has one store, which needs no name. */
const noStores = (name?: string) =>
  new Refusal(
    "not-found",
    "NO_SUCH_STORE",
    `There is no bundle store${name === undefined ? "" : ` ${name}`}: the platform keeps all bundles in its own object store.`,
  );

export const bundleDetailRoutes = [
  rest({
    method: "GET",
    path: "/rest/workers/info/",
    summary: "The workers of the queues that the caller may use",
    access: "user",
    answers: "Workers that were heard lately, with what they run",
    handle: async ({ context, actor }) => plain({ data: await listWorkers(context, actor) }),
  }),
  rest({
    method: "POST",
    path: "/rest/bundle-actions/",
    summary: "Kill bundles that have not ended, or write files into the folders of runs",
    access: "user",
    body: resources({
      type: z.enum(["kill", "write"]),
      uuid: z.string(),
      subpath: z.string().optional(),
      string: z.string().optional(),
    }),
    answers: "The actions",
    async handle({ context, actor, reason, body }) {
      const actions = body.data.map(({ attributes }) => ({ ...attributes, uuid: requireUuid(attributes.uuid) }));
      const by = { actor, reason };
      for (const { type, uuid, subpath = "", string: text = "" } of actions)
        if (type === "write") await writeToRun(context, by, { uuid, subpath, text });
      const killed = actions.flatMap(({ type, uuid }) => (type === "kill" ? uuid : []));
      if (killed.length > 0) await killBundles(context, by, killed);
      return { data: actions.map((attributes) => ({ type: "bundle-actions", id: null, attributes })) };
    },
  }),
  rest({
    method: "GET",
    path: "/rest/bundles/{uuid}/locations/",
    summary: "The bundle stores of a bundle: none, because all bundles are in the platform's own object store",
    access: "user",
    params: byUuid,
    answers: "An empty list",
    async handle({ context, actor, params }) {
      requireReadable(await bundlesInOrder(context, actor, [params.uuid]), actor);
      return { data: [] };
    },
  }),
  rest({
    method: "POST",
    path: "/rest/bundles/{uuid}/locations/",
    summary: "Ask where to upload the contents of a bundle: always to the platform itself",
    access: "user",
    params: byUuid,
    query: { need_bypass: "Is ignored", is_dir: "Is ignored" },
    body: resources({ bundle_store_uuid: z.string().nullish() }),
    answers: "Addresses, of which none is set",
    async handle({ context, actor, params, body }) {
      requireReadable(await bundlesInOrder(context, actor, [params.uuid]), actor);
      const store = body.data[0]?.attributes.bundle_store_uuid;
      if (store) throw noStores(store);
      const bundle_uuid = params.uuid;
      const addresses = { bundle_conn_str: null, index_conn_str: null, bundle_url: null };
      return { data: [{ type: "bundle_locations", id: null, attributes: { bundle_uuid, ...addresses } }] };
    },
  }),
  rest({
    method: "POST",
    path: "/rest/bundles/{uuid}/state/",
    summary: "End the upload of a bundle: with what has arrived, or as failed",
    access: "user",
    params: byUuid,
    query: { success: "1: the bundle is ready. Otherwise it has failed", error_msg: "Why it has failed" },
    answers: "The bundle",
    async handle({ context, actor, params, query }) {
      const uploading = await uploadableBundle(context, actor, params.uuid);
      const message = query.text("error_msg") || "The upload failed.";
      await endUploadByHand(context, uploading, query.flag("success") ? null : message);
      const [bundle] = await bundlesInOrder(context, actor, [params.uuid]);
      return { data: shownBundle(bundle!) };
    },
  }),
  rest({
    method: "GET",
    path: "/rest/bundle_stores/",
    summary: "The bundle stores: none, because all bundles are in the platform's own object store",
    access: "user",
    query: { name: "The name of a store" },
    answers: "An empty list",
    handle({ query }) {
      const name = query.text("name");
      if (name !== undefined) throw noStores(name);
      return Promise.resolve({ data: [] });
    },
  }),
  rest({
    method: "POST",
    path: "/rest/bundle_stores/",
    summary: "Refused: the platform has one store",
    access: "user",
    body: resources({}),
    answers: "Nothing",
    empty: 200,
    handle: () =>
      Promise.reject(
        new Refusal(
          "invalid",
          "ONE_STORE",
          "Bundle stores cannot be added here: the platform keeps all bundles in its own object store.",
        ),
      ),
  }),
  rest({
    method: "DELETE",
    path: "/rest/bundle_stores/",
    summary: "Refused: there is no bundle store",
    access: "user",
    body: identifiers("bundle_stores"),
    answers: "Nothing",
    empty: 200,
    handle: ({ body }) => Promise.reject(noStores(body.data[0]?.id)),
  }),
];
