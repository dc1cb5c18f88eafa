// Uploads a dataset's file in parts: begin, sign, PUT the parts, complete.
import * as z from "zod";
import { ownDataset } from "../../service/datasets.ts";
import {
  abortUpload,
  beginUpload,
  completeParts,
  findUpload,
  signParts,
  type Upload,
} from "../../service/multipart-upload.ts";
import { integer, keyParams, list, wholeNumber } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";

const uploadSchema = z.object({
  file_size: z.number(),
  part_size: z.number().meta({ description: "Bytes per part; the last part may be smaller" }),
  part_count: z.int(),
  received: z.array(z.int()).meta({ description: "Numbers of the uploaded parts, starting at 1" }),
});

const shown = ({ fileSize, partSize, partCount, received }: Upload) => ({
  file_size: fileSize,
  part_size: partSize,
  part_count: partCount,
  received,
});

export const multipartRoutes = [
  route({
    method: "POST",
    path: "/api/datasets/{key}/multipart/",
    summary: "Start or resume uploading a dataset's file in parts, for files over 5 GB and unreliable connections",
    access: "user",
    params: keyParams,
    body: z.object({
      file_size: wholeNumber(1)
        .optional()
        .meta({ description: "Bytes; required if the dataset was created without it" }),
    }),
    answer: {
      status: 201,
      description: "How to split the file, and which parts are uploaded",
      schema: uploadSchema,
    },
    async handle({ context, actor, params, body }) {
      const dataset = await ownDataset(context, actor, params.key);
      return { status: 201, body: shown(await beginUpload(context, dataset, body.file_size)) };
    },
  }),
  route({
    method: "GET",
    path: "/api/datasets/{key}/multipart/",
    summary: "Progress of an upload in parts",
    access: "user",
    params: keyParams,
    answer: {
      status: 200,
      description: "How to split the file, and which parts are uploaded",
      schema: uploadSchema,
    },
    async handle({ context, actor, params }) {
      const dataset = await ownDataset(context, actor, params.key);
      return { status: 200, body: shown(await findUpload(context, dataset)) };
    },
  }),
  route({
    method: "POST",
    path: "/api/datasets/{key}/multipart/parts/",
    summary: "Get signed URLs for uploading parts with PUT",
    access: "user",
    params: keyParams,
    body: z.object({
      parts: list(integer).refine(
        ({ length }) => length >= 1 && length <= 100,
        "Name 1 to 100 parts by their numbers.",
      ),
    }),
    answer: {
      status: 200,
      description: "The URLs by part number, valid for half a day",
      schema: z.object({ urls: z.record(z.string(), z.string()) }),
    },
    async handle({ context, actor, params, body }) {
      const dataset = await ownDataset(context, actor, params.key);
      return { status: 200, body: { urls: await signParts(context, dataset, body.parts) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/datasets/{key}/multipart/complete/",
    summary: "Join the parts when all are uploaded; then continue as after a single PUT",
    access: "user",
    params: keyParams,
    answer: {
      status: 200,
      description: "The file is stored",
      schema: z.object({ key: z.string(), file_size: z.number() }),
    },
    async handle({ context, actor, params }) {
      const dataset = await ownDataset(context, actor, params.key);
      return { status: 200, body: { key: dataset.key, file_size: await completeParts(context, dataset) } };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/datasets/{key}/multipart/",
    summary: "Cancel an upload in parts",
    access: "user",
    params: keyParams,
    answer: { status: 204, description: "The parts are deleted" },
    async handle({ context, actor, params }) {
      await abortUpload(context, await ownDataset(context, actor, params.key));
      return { status: 204 };
    },
  }),
];
