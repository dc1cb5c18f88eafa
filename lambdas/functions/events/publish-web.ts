import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as z from "zod";
import { customResource } from "../custom-resource.ts";
import { cacheControlOf, contentTypeOf } from "../web-pages.ts";

const orders = z.object({ bucket: z.string() });

/**
 * The custom resource `Custom::WebFiles`: uploads the web application, which lies beside this function's code. The page comes last,
 * because it names the other files.
 */
export const handler = customResource(async ({ RequestType, ResourceProperties }) => {
  const { bucket } = orders.parse(ResourceProperties);
  if (RequestType !== "Delete") await publish(join(process.env["LAMBDA_TASK_ROOT"] ?? "", "web"), bucket);
  return { PhysicalResourceId: "web-files" };
});

async function publish(folder: string, bucket: string): Promise<void> {
  const client = new S3Client({});
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    // What the build notes for itself has no type.
    .flatMap((file) => {
      const type = contentTypeOf(file);
      return type === null ? [] : { file, type };
    });
  const upload = async ({ file, type }: (typeof files)[number]) => {
    const Body = await readFile(join(folder, file));
    const names = { Bucket: bucket, Key: file.slice(1) };
    await client.send(new PutObjectCommand({ ...names, Body, ContentType: type, CacheControl: cacheControlOf(file) }));
  };
  const isPage = ({ file }: { file: string }) => file.endsWith(".html");
  await Promise.all(files.filter((file) => !isPage(file)).map(upload));
  for (const page of files.filter(isPage)) await upload(page);
}
