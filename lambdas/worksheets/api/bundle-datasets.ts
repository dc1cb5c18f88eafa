/** Makes datasets of bundles. Unlike the routes of `cl`, it belongs to the API of competitions. */
import * as z from "zod";
import { boolean, oneLine } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import { uuidPattern } from "../rules/specs.ts";
import { datasetFromBundle } from "../service/bundle-dataset.ts";

const types = [
  "ingestion_program",
  "input_data",
  "public_data",
  "reference_data",
  "scoring_program",
  "starting_kit",
] as const;

export const bundleDatasetRoutes = [
  route({
    method: "POST",
    path: "/api/datasets/from_worksheet_bundle/",
    summary: "Create a dataset from a worksheet bundle that you may read; its contents are copied inside the store",
    access: "user",
    body: z.object({
      bundle: z.string().regex(uuidPattern, "This must be the uuid of a bundle, such as 0x… with 32 digits."),
      type: z.enum(types),
      name: oneLine(256).min(1).optional(),
      description: z.string().max(50_000).nullish(),
      license: z.string().max(256).nullish(),
      is_public: boolean.default(false),
    }),
    answer: {
      status: 201,
      description: "The id and the key of the dataset",
      schema: z.object({ id: z.int(), key: z.string() }),
    },
    async handle({ context, actor, body }) {
      const { bundle, type, name, description = null, license = null, is_public: isPublic } = body;
      const made = await datasetFromBundle(context, actor, { bundle, type, name, description, license, isPublic });
      return { status: 201, body: { id: made.id, key: made.key } };
    },
  }),
];
