/**
 * Starts a PostgreSQL server, builds the image for programs and fills the folders that tests copy, once per run, for all tests
 * except unit tests. A failure is only printed here, because the suites that need the missing part fail.
 */
import { requireDocker, testImage } from "../docker.ts";
import { dataWith } from "../ecs/pushed-image.ts";
import { emptyPgliteDatabase } from "../pglite.ts";
import { makeTemplate } from "../platform-database.ts";
import { startPostgres, type PostgresServer } from "../postgres.ts";

let server: PostgresServer | null = null;

export default async function setUp(): Promise<void> {
  const tell = (error: unknown) => console.log(`note  ${error instanceof Error ? error.message : String(error)}`);
  const postgres = async () => {
    if (process.env.TEST_DATABASE_URL) return;
    server = await startPostgres();
    process.env.TEST_DATABASE_URL = server.url;
    process.env.TEST_DATABASE_TEMPLATE = await makeTemplate();
  };
  const docker = async () => {
    await requireDocker();
    process.env.TEST_DOCKER = "1";
    await dataWith(testImage, "python:3");
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupted);
  await Promise.all([postgres, docker, emptyPgliteDatabase].map((part) => part().catch(tell)));
}

const interrupted = () => void tearDown().finally(() => process.exit(130));

export async function tearDown(): Promise<void> {
  if (!server) return;
  await server.stop();
  server = null;
  delete process.env.TEST_DATABASE_URL;
  delete process.env.TEST_DATABASE_TEMPLATE;
}
