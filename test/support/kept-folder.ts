import { existsSync, globSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "./files.ts";

const parent = join(repository, "node_modules/.cache/benchstack-test");

/**
 * A folder that takes long to fill, and is kept for later runs. Tests copy it, and do not change it. A new version replaces the
 * former one.
 */
export async function keptFolder(
  name: string,
  version: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const kept = join(parent, `${name}-${version}`);
  if (existsSync(kept)) return kept;
  await mkdir(parent, { recursive: true });
  const filling = await mkdtemp(join(parent, "filling-"));
  await fill(filling);
  for (const former of globSync(join(parent, `${name}-*`)))
    if (former !== kept) await rm(former, { recursive: true, force: true });
  // Another process may have been faster.
  await rename(filling, kept).catch(() => rm(filling, { recursive: true }));
  return kept;
}
