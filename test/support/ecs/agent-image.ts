import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, link, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository, temporaryFolder } from "../files.ts";

const execute = promisify(execFile);

const compilerImage = "benchstack-test-compiler:latest";
/** The base of the worker image: Node.js. */
export const nodeImage = "benchstack-test-node:latest";
/** The worker image, built from the current source. */
export const agentImage = "benchstack-test-worker:latest";

/** Arguments of `docker build` that set the Dockerfile's base images. */
export const baseImages = ["--build-arg", `NODE_IMAGE=${nodeImage}`, "--build-arg", `COMPILER_IMAGE=${compilerImage}`];

const sources = [
  "dist/worker/worker.cjs",
  "dist/worker/gateway.cjs",
  "worker-image/wrapper/wrapper.c",
  "worker-image/Dockerfile",
];
/** The label with the hash of the source of an image. */
const sourceLabel = "benchstack.source";

/**
 * Builds the worker image from its Dockerfile, on a Debian image made from this machine's packages, so that it needs no registry.
 * Keeps an image that was built from the same files.
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

/** The source label of an image in the engine; null if there is no such image. */
async function sourceOf(image: string): Promise<string | null> {
  const format = `{{index .Config.Labels "${sourceLabel}"}}`;
  const found = await execute("docker", ["image", "inspect", "--format", format, image]).catch(() => null);
  return found && found.stdout.trim();
}
