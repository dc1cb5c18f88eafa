import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import { startFauxqs } from "fauxqs";
import { type Objects, type ObjectsOptions, connectObjects } from "../../../lambdas/kernel/objects/objects.ts";
import { startObjectStore } from "../../../local/object-store/server.ts";
import { temporaryFolder } from "../../support/files.ts";

/** What a server does of what S3 does. Where it does not, the suite states what it does instead. */
export interface Capabilities {
  /** Refuses what is unsigned, wrongly signed, or not covered by the signature. */
  signatures: boolean;
  /** Refuses signed URLs that have expired. */
  expiry: boolean;
  /** Refuses forms that their policy does not allow. */
  policies: boolean;
  /** Takes any key S3 takes: `../`, empty parts, an object `a` beside an object `a/b`, parts of over 255 bytes. */
  anyKey: boolean;
  /** Lists any keys in the order of their bytes. */
  byteOrder: boolean;
  /** Takes a body of any content type, that of an HTML form too. */
  anyContentType: boolean;
  /** Lists the parts of an upload. */
  listParts: boolean;
  /** Copies a part only if its source is still the one it was. */
  conditionalCopies: boolean;
  /** Sends what a signed URL says instead of the content type and disposition of the object. */
  overrides: boolean;
}

const allOfS3: Capabilities = {
  signatures: true,
  expiry: true,
  policies: true,
  anyKey: true,
  byteOrder: true,
  anyContentType: true,
  listParts: true,
  conditionalCopies: true,
  overrides: true,
};

/** Servers known to do less. */
const capabilities: Record<string, Capabilities> = {
  fauxqs: {
    signatures: false,
    expiry: false,
    policies: false,
    anyKey: true,
    byteOrder: false,
    anyContentType: false,
    listParts: false,
    conditionalCopies: false,
    overrides: false,
  },
  versitygw: { ...allOfS3, anyKey: false },
};

export interface RunningServer {
  name: string;
  can: Capabilities;
  options: ObjectsOptions & { endpoint: string };
  /** The adapter over buckets of this test's own. */
  objects: Objects;
  stop: () => Promise<void>;
}

type Start = () => Promise<{
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  stop: () => Promise<void>;
}>;

const keys = { accessKeyId: "test-key", secretAccessKey: "test-secret-of-the-object-store", region: "eu-central-1" };

const embedded: Start = async () => {
  const folder = await temporaryFolder();
  const server = await startObjectStore({ ...keys, directory: folder.path, buckets: [] });
  const stop = async () => {
    await server.close();
    await folder.remove();
  };
  return { ...keys, endpoint: server.endpoint, stop };
};

const fauxqs: Start = async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  return { ...keys, endpoint: `http://127.0.0.1:${server.port}`, stop: () => server.stop() };
};

function given(endpoint: string, env: NodeJS.ProcessEnv): Start {
  const { S3_TEST_ACCESS_KEY_ID = "", S3_TEST_SECRET_ACCESS_KEY = "", S3_TEST_REGION = "us-east-1" } = env;
  const credentials = { accessKeyId: S3_TEST_ACCESS_KEY_ID, secretAccessKey: S3_TEST_SECRET_ACCESS_KEY };
  return async () => ({ ...credentials, region: S3_TEST_REGION, endpoint, stop: async () => {} });
}

async function run(name: string, start: Start): Promise<RunningServer> {
  const { endpoint, accessKeyId, secretAccessKey, region, stop } = await start();
  const buckets = { uploads: `uploads-${randomUUID()}`, jobs: `jobs-${randomUUID()}` };
  const options = { buckets, endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const client = new S3Client({ ...options, forcePathStyle: true });
  for (const Bucket of Object.values(buckets)) await client.send(new CreateBucketCommand({ Bucket }));
  client.destroy();
  const objects = connectObjects(options);
  const stopAll = async () => {
    objects.close();
    await stop();
  };
  return { name, can: capabilities[name] ?? allOfS3, options, objects, stop: stopAll };
}

/** The servers to test against: by name, each to be started. */
export function servers(): { name: string; start: () => Promise<RunningServer> }[] {
  const { S3_TEST_ENDPOINT, S3_TEST_SERVER = "S3" } = process.env;
  const found: [string, Start][] = [
    ["embedded", embedded],
    ["fauxqs", fauxqs],
  ];
  if (S3_TEST_ENDPOINT !== undefined) found.push([S3_TEST_SERVER, given(S3_TEST_ENDPOINT, process.env)]);
  return found.map(([name, start]) => ({ name, start: () => run(name, start) }));
}
