/** Builds the web application into `dist/web`, from where the local platform serves it and a deploy uploads it. */
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
export const webFolder = join(root, "dist/web");
const stamp = join(webFolder, ".sources");
const maxBuildMs = 300_000;
/** What the application is built from. */
const sources = [
  "web/**/*",
  "client/*",
  "contract/*",
  "lambdas/competitions/rules/**/*",
  "lambdas/jobs/rules/**/*",
  "lambdas/worksheets/rules/**/*",
  "lambdas/policy/*",
  "scripts/web/*",
  "package-lock.json",
];

/** A hash of the sources. The types of the API are left out, because they leave no trace in what is built. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const file of globSync(sources, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "generated.ts")
    .map((entry) => join(entry.parentPath, entry.name))
    .sort())
    hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest("hex");
}

const isBuilt = (wanted: string) => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;

/** Builds the application unless it was built from the same sources. `say` gets a line before, because it takes seconds. */
export async function buildWeb(say: (line: string) => void): Promise<string> {
  const wanted = fingerprint();
  if (isBuilt(wanted)) return webFolder;
  await aloneInFolder(async () => {
    // Another process may have built it while this one waited.
    if (isBuilt(wanted)) return;
    say("Building the web application, because its sources have changed …");
    const fresh = join(root, "dist/web-fresh");
    // A process of its own, because Vite builds for what NODE_ENV says, and this process may be a test.
    const vite = join(root, "node_modules/vite/bin/vite.js");
    await run(process.execPath, [vite, "build", "web", "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"], {
      cwd: root,
      env: { ...process.env, NODE_ENV: "production" },
    });
    writeFileSync(join(fresh, ".sources"), wanted);
    // Whoever serves the application never sees half of it.
    rmSync(webFolder, { recursive: true, force: true });
    renameSync(fresh, webFolder);
  });
  return webFolder;
}

/** Waits until no other process builds. A process that was killed while it built is waited for as long as a build may take. */
async function aloneInFolder(work: () => Promise<void>): Promise<void> {
  const lock = join(root, "dist/web-lock");
  mkdirSync(join(root, "dist"), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const begun = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - begun > maxBuildMs) rmSync(lock, { recursive: true, force: true });
      await setTimeout(200);
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
