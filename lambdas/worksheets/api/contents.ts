/** What is in the contents of bundles. The contents themselves are in `blob.ts`. */
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import { targetInfo } from "../service/contents/info.ts";
import { requireStreams } from "../service/contents/streaming.ts";
import { redirectOnly } from "./blob.ts";
import { byUuid, done, rest, type Query } from "./rest.ts";

const query = { depth: "How many levels of folders are listed: 0 lists none" };
const maxDepth = 100;

function depthOf(query: Query): number {
  const depth = query.number("depth") ?? 0;
  if (depth < 0 || depth > maxDepth)
    throw new Refusal("invalid", "INVALID", `Depth must be at least 0, and at most ${maxDepth}`);
  return depth;
}

const answers = "Name, size, permissions and type, and what is in it. A folder lists its first 10,000 members.";

const blobQuery = {
  support_redirect: "1: whole files may be answered with a redirect to the store",
  head: "How many of the first lines are answered",
  tail: "How many of the last lines are answered",
  max_line_length: "How many bytes of each line",
  truncation_text: "What stands between the first and the last lines",
};

/** Where something streams contents, it answers these requests before this function sees them. */
const blobRoute = (path: string, params: typeof byUuid, summary: string) =>
  rest({
    method: "GET",
    path,
    ...(path.endsWith("{path}/") && ({ endIsOpen: true } as const)),
    summary,
    access: "anyone",
    params,
    query: blobQuery,
    answers: "The bytes of a file, or of a folder as a compressed tar archive.",
    type: "application/octet-stream",
    also: { 303: { description: "A redirect to the file in the store" } },
    handle: ({ context, actor, params, event }) =>
      redirectOnly(context, actor, {
        uuid: params.uuid,
        path: (params as { path?: string }).path ?? "",
        query: new URLSearchParams(event.rawQueryString),
        asksForPart: event.headers["range"] !== undefined,
      }),
  });

export const contentsRoutes = [
  blobRoute("/rest/bundles/{uuid}/contents/blob/", byUuid, "The contents of a bundle"),
  blobRoute(
    "/rest/bundles/{uuid}/contents/blob/{path}/",
    byUuid.extend({ path: z.string().max(8192) }),
    "A path in the contents of a bundle",
  ),
  rest({
    method: "PUT",
    path: "/rest/bundles/{uuid}/contents/blob/",
    summary: "Upload the contents of a bundle",
    access: "user",
    params: byUuid,
    query: {
      filename: "The name of the file, which says whether it is an archive",
      unpack: "0: archives stay as they are",
      urls: "The address that the platform fetches the file from",
      git: "1: the address is that of a git repository, which is refused",
      finalize_on_success: "0: the state of the bundle stays",
      finalize_on_failure: "1: the bundle has failed whatever the reason is",
      state_on_success: "The state of the bundle afterwards: ready or failed",
    },
    answers: "Nothing",
    empty: 200,
    handle: ({ context }) => {
      requireStreams(context);
      return Promise.resolve(done);
    },
  }),
  rest({
    method: "GET",
    path: "/rest/bundles/{uuid}/contents/info/",
    summary: "What the contents of a bundle are",
    access: "anyone",
    params: byUuid,
    query,
    answers,
    handle: async ({ context, actor, params, query }) => ({
      status: 200,
      body: { data: await targetInfo(context, actor, params.uuid, "", depthOf(query)) },
    }),
  }),
  rest({
    method: "GET",
    path: "/rest/bundles/{uuid}/contents/info/{path}/",
    endIsOpen: true,
    summary: "What a path in the contents of a bundle is",
    access: "anyone",
    params: byUuid.extend({ path: z.string().max(8192) }),
    query,
    answers,
    handle: async ({ context, actor, params, query }) => ({
      status: 200,
      body: { data: await targetInfo(context, actor, params.uuid, params.path, depthOf(query)) },
    }),
  }),
];
