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
import { integer, keyParams, list } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";

const uploadSchema = z.object({
  file_size: z.number(),
  part_size: z.number().meta({ description: "Bytes of every part but the last, which has what is left" }),
  part_count: z.int(),
  received: z.array(z.int()).meta({ description: "Numbers of the parts that have arrived, from 1" }),
});

const shown = ({ fileSize, partSize, partCount, received }: Upload) => ({
  file_size: fileSize,
  part_size: partSize,
  part_count: partCount,
  received,
});

/** A file of a dataset in parts: begin, sign, PUT the parts, complete. */
export const multipartRoutes = [
  route({
    method: "POST",
    path: "/api/datasets/{key}/multipart/",
    summary:
      "Begin to upload a dataset's file in parts, or go on with it: for files of over 5 GB, and lines that break",
    access: "user",
    params: keyParams,
    body: z.object({
      file_size: z.coerce.number().int().positive().optional().meta({ description: "Bytes, if not said before" }),
    }),
    answer: {
      status: 201,
      description: "How the file is to be cut, and which parts have arrived",
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
    summary: "How far an upload in parts is",
    access: "user",
    params: keyParams,
    answer: {
      status: 200,
      description: "How the file is to be cut, and which parts have arrived",
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
    summary: "Signed URLs to PUT parts to",
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
      description: "A URL by the number of each part, good for half a day",
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
    summary: "Put the parts together once all have arrived; then go on as after a single PUT",
    access: "user",
    params: keyParams,
    answer: {
      status: 200,
      description: "The file is there",
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
    summary: "Give an upload in parts up",
    access: "user",
    params: keyParams,
    answer: { status: 204, description: "Its parts are gone" },
    async handle({ context, actor, params }) {
      await abortUpload(context, await ownDataset(context, actor, params.key));
      return { status: 204 };
    },
  }),
];
