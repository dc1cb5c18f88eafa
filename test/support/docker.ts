import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./files.ts";

const execute = promisify(execFile);

/** The image in which tests run programs: Debian with Python 3. `scripts/test-image.sh` builds it. */
export const testImage = "benchstack-test-python:latest";

/**
 * Checks that a Docker engine answers, and builds the test image if it is missing. Otherwise throws a sentence that says what is
 * missing. Suites that need an engine call it first, so that they fail instead of being skipped.
 */
export async function requireDocker(): Promise<void> {
  if (process.env.TEST_DOCKER === "1") return;
  try {
    await execute(join(repository, "scripts/test-image.sh"), [testImage]);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`This needs a Docker engine with the test image. ${stderr?.trim() || message}`, { cause: error });
  }
}
