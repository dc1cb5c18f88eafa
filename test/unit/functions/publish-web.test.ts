import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import { handler } from "../../../lambdas/functions/events/publish-web.ts";
import { listen } from "../../../gateway/listen.ts";
import { temporaryFolder } from "../../support/files.ts";

const env = { ...process.env };
const requests: { path: string; type: string | undefined; cache: string | undefined }[] = [];
/** S3 and CloudFormation. */
const aws = createServer((request, response) => {
  const { "content-type": type, "cache-control": cache } = request.headers;
  requests.push({ path: request.url!.split("?")[0]!, type, cache });
  request.resume().on("end", () => response.end());
});
let url: string;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  url = `http://127.0.0.1:${await listen(aws, 0, "127.0.0.1")}`;
  folder = await temporaryFolder();
  await mkdir(join(folder.path, "web/assets"), { recursive: true });
  for (const file of ["index.html", "icon.svg", "assets/app-1.js", ".sources"])
    await writeFile(join(folder.path, "web", file), "content");
  Object.assign(process.env, {
    LAMBDA_TASK_ROOT: folder.path,
    AWS_ENDPOINT_URL_S3: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
  });
});
afterAll(async () => {
  process.env = env;
  aws.close();
  await folder.remove();
});

const asked = async (RequestType: string) => {
  requests.length = 0;
  const ResourceProperties = { ServiceToken: "", bucket: "app" };
  const event = { RequestType, ResponseURL: `${url}/done`, ResourceProperties };
  await handler(event as unknown as CloudFormationCustomResourceEvent);
  return requests.map((request) => request);
};

describe("uploading the web application", () => {
  it("uploads every file as browsers should keep it, and the page last", async () => {
    const sent = await asked("Create");
    assert.deepEqual(
      sent.slice(0, 2).sort((a, b) => a.path.localeCompare(b.path)),
      [
        {
          path: "/app/assets/app-1.js",
          type: "text/javascript; charset=utf-8",
          cache: "public, max-age=31536000, immutable",
        },
        { path: "/app/icon.svg", type: "image/svg+xml", cache: "no-cache" },
      ],
    );
    assert.deepEqual(
      sent.slice(2).map(({ path }) => path),
      ["/app/index.html", "/done"],
    );
  });

  it("leaves the files where they are when the stack is deleted", async () =>
    assert.deepEqual(
      (await asked("Delete")).map(({ path }) => path),
      ["/done"],
    ));
});
