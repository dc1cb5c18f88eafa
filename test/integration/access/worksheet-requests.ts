/** A request for each row of docs/access.md about worksheets. */
import type { Ask } from "./recipes.ts";
import type { World } from "./world.ts";

type Recipe = (world: World) => Ask;

const data = (type: string, id: string | null, attributes: object = {}, relationships: object = {}) => ({
  json: { data: [{ type, ...(id === null ? {} : { id }), attributes, relationships }] },
});
const link = (type: string, id: string) => ({ data: { type, id } });

const worksheet: Recipe = ({ worksheets: { worksheet } }) => ({ at: { uuid: worksheet.uuid }, finds: worksheet.name });
const bundle: Recipe = ({ worksheets }) => ({ at: { uuid: worksheets.bundle } });
const group: Recipe = ({ worksheets }) => ({ at: { spec: worksheets.group.name } });
const person: Recipe = ({ people }) => ({ at: { spec: people.participant.username } });
const members: Recipe = (world) => ({ ...group(world), content: data("users", String(world.ids.participant)) });
const source: Recipe = (world) => ({ at: worksheet(world).at!, content: { raw: "text", type: "text/plain" } });
const keeping =
  (recipe: Recipe): Recipe =>
  (world) => ({ ...recipe(world), changes: false });

/** The bundle does not run, so that nothing is passed on. */
const netcurl = Object.fromEntries(
  ["GET", "POST", "PUT", "PATCH", "DELETE"].flatMap((method): [string, Recipe][] => [
    [
      `${method} /rest/bundles/{uuid}/netcurl/{port}/`,
      ({ worksheets }) => ({ at: { uuid: worksheets.bundle, port: "80" } }),
    ],
    [
      `${method} /rest/bundles/{uuid}/netcurl/{port}/{path}/`,
      ({ worksheets }) => ({ at: { uuid: worksheets.bundle, port: "80", path: "a" } }),
    ],
  ]),
);

export const worksheetRequests: Record<string, Recipe> = {
  "POST /rest/oauth2/token/": ({ people: { participant } }) => ({
    headers: { authorization: `Basic ${Buffer.from("codalab_cli_client:").toString("base64")}` },
    content: { form: { grant_type: "password", username: participant.username, password: participant.password } },
  }),
  "POST /rest/oauth2/revoke/": keeping(() => ({ content: { form: { token: "bsa_unknown" } } })),
  "GET /rest/user/": () => ({}),
  "PATCH /rest/user/": () => ({ content: data("users", null, { affiliation: "Somewhere" }) }),
  "PATCH /rest/user/increment_disk_used/": ({ worksheets }) => ({
    content: data("user/increment_disk_used", null, { disk_used_increment: 5, bundle_uuid: worksheets.bundle }),
  }),
  "GET /rest/users/": ({ people: { participant } }) => ({
    query: { keywords: `user_name=${participant.username}` },
    finds: participant.username,
  }),
  "GET /rest/users/{spec}/": (world) => ({ ...person(world), finds: world.people.participant.username }),
  "PATCH /rest/users/": ({ ids }) => ({ content: data("users", String(ids.participant), { time_quota: 5 }) }),
  "GET /rest/groups/": ({ worksheets }) => ({ finds: worksheets.group.name }),
  "GET /rest/groups/{spec}/": group,
  "POST /rest/groups/": () => ({ content: data("groups", null, { name: "another-group" }) }),
  "DELETE /rest/groups/": ({ worksheets }) => ({ content: data("groups", worksheets.group.uuid) }),
  "POST /rest/groups/{spec}/relationships/admins/": members,
  "DELETE /rest/groups/{spec}/relationships/admins/": members,
  "POST /rest/groups/{spec}/relationships/members/": members,
  "DELETE /rest/groups/{spec}/relationships/members/": members,
  "GET /rest/worksheets/{uuid}/": worksheet,
  "GET /rest/worksheets/sample/": () => ({}),
  "GET /rest/worksheets/": ({ worksheets: { worksheet } }) => ({
    query: { specs: worksheet.name },
    finds: worksheet.uuid,
  }),
  "POST /rest/worksheets/": () => ({ content: data("worksheets", null, { name: "another-sheet" }) }),
  "PATCH /rest/worksheets/": ({ worksheets }) => ({
    content: data("worksheets", worksheets.worksheet.uuid, { title: "Another" }),
  }),
  "DELETE /rest/worksheets/": ({ worksheets }) => ({
    query: { force: "1" },
    content: data("worksheets", worksheets.worksheet.uuid),
  }),
  "PUT /rest/worksheets/{uuid}/raw/": source,
  "POST /rest/worksheets/{uuid}/raw/": source,
  "POST /rest/worksheets/{uuid}/add-items/": (world) => ({
    at: worksheet(world).at!,
    content: { json: { items: ["text"] } },
  }),
  "POST /rest/worksheet-items/": ({ worksheets }) => ({
    query: { uuid: worksheets.worksheet.uuid },
    content: data("worksheet-items", null, { type: "markup", value: "text" }),
  }),
  "POST /rest/worksheet-permissions/": ({ worksheets: { worksheet, everybody } }) => ({
    content: data(
      "worksheet-permissions",
      null,
      { permission: 0 },
      { worksheet: link("worksheets", worksheet.uuid), group: link("groups", everybody) },
    ),
  }),
  "POST /rest/bundle-permissions/": ({ worksheets: { bundle: uuid, everybody } }) => ({
    content: data(
      "bundle-permissions",
      null,
      { permission: 0 },
      { bundle: link("bundles", uuid), group: link("groups", everybody) },
    ),
  }),
  "GET /rest/bundles/{uuid}/": bundle,
  "GET /rest/bundles/": ({ worksheets }) => ({ query: { specs: worksheets.bundle }, finds: "access-data" }),
  "POST /rest/bundles/": ({ worksheets }) => ({
    query: { worksheet: worksheets.worksheet.uuid },
    content: data("bundles", null, { bundle_type: "make", metadata: { name: "m", description: "", tags: [] } }),
  }),
  "PATCH /rest/bundles/": ({ worksheets }) => ({
    content: data("bundles", worksheets.bundle, { metadata: { description: "another" } }),
  }),
  "DELETE /rest/bundles/": ({ worksheets }) => ({ content: data("bundles", worksheets.bundle) }),
  "GET /rest/workers/info/": () => ({}),
  "POST /rest/bundle-actions/": ({ worksheets }) => ({
    content: data("bundle-actions", null, { type: "kill", uuid: worksheets.bundle }),
  }),
  "GET /rest/bundles/{uuid}/locations/": bundle,
  "POST /rest/bundles/{uuid}/locations/": keeping((world) => ({
    ...bundle(world),
    content: data("bundle_locations", null, { bundle_store_uuid: null }),
  })),
  // Refused for what it says, so that the upload goes on for whoever asks next.
  "POST /rest/bundles/{uuid}/state/": (world) => ({ ...bundle(world), query: { success: "yes" } }),
  // It has no contents.
  "GET /rest/bundles/{uuid}/contents/info/": bundle,
  "GET /rest/bundles/{uuid}/contents/info/{path}/": ({ worksheets }) => ({
    at: { uuid: worksheets.bundle, path: "a.txt" },
  }),
  "POST /api/datasets/from_worksheet_bundle/": ({ worksheets }) => ({
    content: { json: { bundle: worksheets.bundle, type: "public_data" } },
  }),
  "GET /rest/bundles/{uuid}/contents/blob/": bundle,
  "GET /rest/bundles/{uuid}/contents/blob/{path}/": ({ worksheets }) => ({
    at: { uuid: worksheets.bundle, path: "a.txt" },
  }),
  // The state stays, so that the next person finds the bundle as it was.
  "PUT /rest/bundles/{uuid}/contents/blob/": (world) => ({ ...bundle(world), query: { finalize_on_success: "0" } }),
  ...netcurl,
  "PUT /rest/bundles/{uuid}/netcat/{port}/": ({ worksheets }) => ({
    at: { uuid: worksheets.bundle, port: "80" },
    content: { json: { message: "hello" } },
  }),
  "GET /rest/bundle_stores/": () => ({}),
  "POST /rest/bundle_stores/": () => ({ content: data("bundle_stores", null, { name: "mine" }) }),
  "DELETE /rest/bundle_stores/": () => ({ content: data("bundle_stores", "0x0") }),
  "GET /rest/interpret/worksheet/{uuid}/": worksheet,
  "POST /rest/interpret/file-genpaths/": keeping(({ worksheets: { bundle: bundle_uuid } }) => ({
    content: { json: { queries: [{ bundle_uuid, genpath: "/stdout", post: null }] } },
  })),
  "POST /rest/interpret/genpath-table-contents/": keeping(() => ({ content: { json: { contents: [{ name: "x" }] } } })),
  "POST /rest/interpret/search/": keeping(({ worksheets }) => ({
    content: { json: { keywords: ["name=access-data"] } },
    finds: worksheets.bundle,
  })),
  "POST /rest/interpret/wsearch/": keeping(({ worksheets: { worksheet } }) => ({
    content: { json: { keywords: [`uuid=${worksheet.uuid}`] } },
    finds: worksheet.name,
  })),
};
