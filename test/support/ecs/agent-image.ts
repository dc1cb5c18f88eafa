import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, link, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository, temporaryFolder } from "../files.ts";

const execute = promisify(execFile);

const compilerImage = "benchstack-test-compiler:latest";
const nodeImage = "benchstack-test-node:latest";
/** The worker image, built from this very source. */
export const agentImage = "benchstack-test-worker:latest";

/** Says to `docker build` what the Dockerfile starts from. */
export const baseImages = ["--build-arg", `NODE_IMAGE=${nodeImage}`, "--build-arg", `COMPILER_IMAGE=${compilerImage}`];

const sources = ["dist/worker/worker.cjs", "worker-image/wrapper/wrapper.c", "worker-image/Dockerfile"];
/** The label that says what an image was built from. */
const sourceLabel = "benchstack.source";

/**
 * Builds the worker image as its Dockerfile says, on a Debian of this machine's packages, so that no registry is needed.
 * An image that was built from the same files stays.
 */
export async function buildAgentImage(): Promise<void> {
  await execute("npm", ["run", "--silent", "build:worker", "--", "--log-level=error"], { cwd: repository });
  const hash = createHash("sha256").update(process.version);
  for (const file of sources) hash.update(await readFile(join(repository, file)));
  const source = hash.digest("hex");
  if ((await sourceOf(agentImage)) === source) return;
  await execute(join(repository, "scripts/test-image.sh"), [compilerImage, "gcc", "libc6-dev", "libstdc++6"]);
  const context = await temporaryFolder();
  const at = (...path: string[]) => join(context.path, ...path);
  try {
    await link(process.execPath, at("node")).catch(() => copyFile(process.execPath, at("node")));
    await writeFile(at("Dockerfile"), `FROM ${compilerImage}\nCOPY node /usr/local/bin/node\n`);
    await execute("docker", ["build", "--quiet", "--tag", nodeImage, context.path]);
    for (const file of sources) {
      await mkdir(join(at(file), ".."), { recursive: true });
      await copyFile(join(repository, file), at(file));
    }
    const named = ["--label", `${sourceLabel}=${source}`, "--tag", agentImage];
    await execute("docker", [
      "build",
      "--quiet",
      ...baseImages,
      ...named,
      "--file",
      at("worker-image/Dockerfile"),
      context.path,
    ]);
  } finally {
    await context.remove();
  }
}

/** What an image of the engine was built from, or null when there is none. */
async function sourceOf(image: string): Promise<string | null> {
  const format = `{{index .Config.Labels "${sourceLabel}"}}`;
  const found = await execute("docker", ["image", "inspect", "--format", format, image]).catch(() => null);
  return found && found.stdout.trim();
}
