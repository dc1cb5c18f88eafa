/**
 * `npm run restore:objects -- TIME BUCKET...`: makes the objects of buckets as they were at a moment, for a database that was
 * restored to the same moment (docs/deploy.md). The buckets must keep versions. Objects that are newer stay. With `--look`, it
 * only says what it would do. It uses the credentials and the region of the AWS CLI, and may be repeated.
 */
import { S3Client } from "@aws-sdk/client-s3";
import { argumentsOrExit } from "./arguments.ts";
import { restoreObjects } from "./restore/objects.ts";

const usage = "Usage: npm run restore:objects -- [--look] TIME BUCKET..., with a time such as 2026-01-31T13:30:00Z";
const { positionals, values } = argumentsOrExit(usage, { look: { type: "boolean" } });
const [time = "", ...buckets] = positionals;
const at = new Date(time);
// A time without its zone would be one of this machine.
if (
  !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(time) ||
  Number.isNaN(at.getTime()) ||
  buckets.length === 0
) {
  console.error(usage);
  process.exit(2);
}
if (at > new Date()) {
  console.error(`${time} has not come yet.`);
  process.exit(2);
}
try {
  const client = new S3Client({ forcePathStyle: process.env["AWS_ENDPOINT_URL_S3"] !== undefined });
  for (const bucket of buckets) {
    const { objects, undeleted, copied } = await restoreObjects(client, bucket, at, { onlyLook: values.look ?? false });
    const would = values.look ? "would be " : "";
    console.log(`${bucket}: of ${objects} objects, ${undeleted} ${would}undeleted and ${copied} ${would}replaced.`);
  }
} catch (error) {
  console.error(`The objects are not all restored: ${(error as Error).message}. The command may be repeated.`);
  process.exitCode = 1;
}
