import { downloadUrl } from "../../service/downloads.ts";
import { idParams, keyParams } from "../../../http/fields.ts";
import { senderOf } from "../../../http/sender.ts";
import { route } from "../../../http/route.ts";

const redirect = (location: string) => ({ status: 302, headers: { location } });

export const downloadRoutes = [
  route({
    method: "GET",
    path: "/datasets/download/{key}/",
    summary: "Download a dataset's file by its key; redirects to a signed URL",
    access: "anyone",
    audited: true,
    params: keyParams,
    answer: { status: 302, description: "A redirect to the file, valid for an hour" },
    handle: async ({ context, actor, reason, params }) =>
      redirect(await downloadUrl(context, { actor, reason }, params.key, { countedFor: null })),
  }),
  route({
    method: "GET",
    path: "/datasets/download/id/{id}/",
    summary: "Download a dataset's file by its id; counts once a day for each person",
    access: "anyone",
    audited: true,
    params: idParams,
    answer: { status: 302, description: "A redirect to the file, valid for an hour" },
    handle: async ({ context, actor, reason, params, event }) =>
      redirect(await downloadUrl(context, { actor, reason }, params.id, { countedFor: senderOf(event) })),
  }),
];
