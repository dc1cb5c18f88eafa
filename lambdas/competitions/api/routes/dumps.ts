import * as z from "zod";
import { findCompetitionDetail } from "../../db/competitions.ts";
import { findDatasetsById, type Dataset } from "../../db/datasets.ts";
import { dumpDatasetIds, unfinishedDumps } from "../../db/dumps.ts";
import { competitionFor } from "../../service/access.ts";
import { requestDump } from "../../service/dumps.ts";
import { boolean, idParams } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";

const downloadSeconds = 3600;
const link = z.object({ name: z.string(), url: z.string() });

export const dumpRoutes = [
  route({
    method: "POST",
    path: "/api/competitions/{id}/create_dump/",
    summary: "Have a competition made into a bundle again (organizers); get_files links to it once it is ready",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({ keys_instead_of_files: boolean.default(false) }),
    answer: { status: 201, description: "It is being made", schema: z.object({ status: z.string() }) },
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
    summary: "Links to the bundle a competition was made of, and to its dumps (organizers)",
    access: "user",
    params: idParams,
    answer: {
      status: 200,
      description: "The links, good for an hour",
      schema: z.object({
        bundle: link.optional(),
        dumps: z.array(link),
        unfinished_dumps: z.array(
          z.object({
            status: z.enum(["Starting", "Dumping", "Failed"]),
            details: z.string().nullable().meta({ description: "Why there is none" }),
            keys_instead_of_files: z.boolean(),
            created_when: z.iso.datetime(),
          }),
        ),
      }),
    },
    async handle({ context, actor, params }) {
      const { db, objects } = context;
      await competitionFor(context, actor, params.id, "competition.export");
      const bundleId = (await findCompetitionDetail(db, params.id))?.competition.bundle_dataset_id ?? null;
      const dumpIds = await dumpDatasetIds(db, params.id);
      const datasets = await findDatasetsById(db, [...(bundleId === null ? [] : [bundleId]), ...dumpIds]);
      const linked = async (dataset: Dataset) => ({
        name: dataset.name,
        url: await objects.signGet(
          { bucket: "uploads", key: dataset.object_key },
          { seconds: downloadSeconds, downloadName: dataset.file_name },
        ),
      });
      const bundle = datasets.find(({ id }) => id === bundleId);
      const dumps = dumpIds.flatMap((id) => datasets.find((dataset) => dataset.id === id) ?? []);
      const unfinished = await unfinishedDumps(db, params.id);
      return {
        status: 200,
        body: {
          ...(bundle ? { bundle: await linked(bundle) } : {}),
          dumps: await Promise.all(dumps.map(linked)),
          unfinished_dumps: unfinished.map(({ with_files, ...dump }) => ({
            ...dump,
            keys_instead_of_files: !with_files,
          })),
        },
      };
    },
  }),
];
