import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository, with a trailing slash. */
export const repository: string = fileURLToPath(new URL("../../", import.meta.url));

/** A new empty folder, by default under the system's temporary folder. The caller removes it with `remove`. */
export async function temporaryFolder(under = tmpdir()): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(under, "benchstack-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
