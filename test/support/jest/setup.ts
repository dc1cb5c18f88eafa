/**
 * Starts a PostgreSQL server, builds the image for programs and fills the folders that tests copy, once per run, for all tests
 * except unit tests. A failure is only printed here, because the suites that need the missing part fail.
 */
import { requireDocker, testImage } from "../docker.ts";
import { dataWith } from "../ecs/pushed-image.ts";
import { emptyPgliteDatabase } from "../pglite.ts";
import { memoryFolder } from "../memory-folder.ts";
import { makeTemplate } from "../platform-database.ts";
import { findBinaries, startPostgres, version, type PostgresServer } from "../postgres.ts";

let server: PostgresServer | null = null;
let memory: ReturnType<typeof memoryFolder>;

export default async function setUp(): Promise<void> {
  const tell = (error: unknown) => console.log(`note  ${error instanceof Error ? error.message : String(error)}`);
  const postgres = async () => {
    if (process.env.TEST_DATABASE_URL) return;
    memory = memoryFolder();
    server = await startPostgres({ under: memory?.path });
    // In memory, files are copied sooner than pages are logged. Before version 15 there was no other way.
    if (memory && version(findBinaries()) >= 15) process.env.TEST_DATABASE_STRATEGY = "strategy file_copy";
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
  memory?.remove();
  delete process.env.TEST_DATABASE_URL;
  delete process.env.TEST_DATABASE_STRATEGY;
  delete process.env.TEST_DATABASE_TEMPLATE;
}
