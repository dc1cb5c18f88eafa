import * as z from "zod";
import { competitionFor } from "../../service/access.ts";
import { competitionFiles, requestDump } from "../../service/dumps.ts";
import { boolean, idParams } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";

const link = z.object({ name: z.string(), url: z.string() });
const dump = link.extend({
  id: z.int().meta({ description: "Id of its dataset, with which whoever made it deletes it" }),
  created_by: z.string(),
  created_when: z.iso.datetime(),
  file_size: z.number().nullable().meta({ description: "In bytes" }),
});

export const dumpRoutes = [
  route({
    method: "POST",
    path: "/api/competitions/{id}/create_dump/",
    summary: "Export a competition as a bundle; get_files links to it when it is ready (organizers)",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({ keys_instead_of_files: boolean.default(false) }),
    answer: { status: 201, description: "The export has started", schema: z.object({ status: z.string() }) },
    async handle({ context, actor, reason, params, body }) {
      const { competition } = await competitionFor(context, actor, params.id, "competition.export");
      await requestDump(context, { actor, reason }, competition, { withFiles: !body.keys_instead_of_files });
      return {
        status: 201,
        body: { status: "The dump is being made. It is listed with the competition's files once it is ready." },
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/{id}/get_files/",
    summary: "Links to a competition's original bundle and to its exports (organizers)",
    access: "user",
    params: idParams,
    answer: {
      status: 200,
      description: "The links, valid for an hour",
      schema: z.object({
        bundle: link.optional(),
        dumps: z.array(dump),
        unfinished_dumps: z.array(
          z.object({
            status: z.enum(["Starting", "Dumping", "Failed"]),
            details: z.string().nullable().meta({ description: "Why there is no file" }),
            keys_instead_of_files: z.boolean(),
            created_when: z.iso.datetime(),
          }),
        ),
      }),
    },
    async handle({ context, actor, params }) {
      const { bundle, dumps, unfinished } = await competitionFiles(context, actor, params.id);
      return {
        status: 200,
        body: {
          ...(bundle ? { bundle } : {}),
          dumps,
          unfinished_dumps: unfinished.map(({ with_files, ...dump }) => ({
            ...dump,
            keys_instead_of_files: !with_files,
          })),
        },
      };
    },
  }),
];
