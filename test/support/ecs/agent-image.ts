import { execFile } from "node:child_process";
import { copyFile, link, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository, temporaryFolder } from "../files.ts";

const execute = promisify(execFile);

const compilerImage = "benchstack-test-compiler:latest";
const nodeImage = "benchstack-test-node:latest";
/** The worker image, built from this very source. */
export const agentImage = "benchstack-test-worker:latest";

/**
 * Builds the worker image as its Dockerfile says, on a Debian of this machine's packages, so that no registry is needed.
 * Layers that have not changed are not built again.
 */
export async function buildAgentImage(): Promise<void> {
  await execute(join(repository, "scripts/test-image.sh"), [compilerImage, "gcc", "libc6-dev", "libstdc++6"]);
  const context = await temporaryFolder();
  const at = (...path: string[]) => join(context.path, ...path);
  try {
    await link(process.execPath, at("node")).catch(() => copyFile(process.execPath, at("node")));
    await writeFile(at("Dockerfile"), `FROM ${compilerImage}\nCOPY node /usr/local/bin/node\n`);
    await execute("docker", ["build", "--quiet", "--tag", nodeImage, context.path]);
    await execute("npm", ["run", "--silent", "build:worker", "--", "--log-level=error"], { cwd: repository });
    for (const file of ["dist/worker/worker.cjs", "worker-image/wrapper/wrapper.c", "worker-image/Dockerfile"]) {
      await mkdir(join(at(file), ".."), { recursive: true });
      await copyFile(join(repository, file), at(file));
    }
    const images = ["--build-arg", `NODE_IMAGE=${nodeImage}`, "--build-arg", `COMPILER_IMAGE=${compilerImage}`];
    await execute("docker", ["build", "--quiet", ...images, "--file", at("worker-image/Dockerfile"), "--tag", agentImage, context.path]);
  } finally {
    await context.remove();
  }
}
