/**
 * `npm run test:deploy`: runs the tests of deployments, most of which need tools from PyPI. They deploy the platform to an emulator
 * of AWS (MiniStack) and use it there, check every template with cfn-lint and metadata of datasets with mlcroissant, and install the construct library. The tools are installed into
 * `node_modules/.cache`. Arguments are passed to Jest. The last line is `N passed, N failed`. If the tools cannot be
 * installed, it is `0 passed, 0 failed`, and the line before it says why.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const tools = ["ministack==1.5.33", "cfn-lint==1.58.0", "mlcroissant==1.1.1"];
const minute = 60_000;
const repository = resolve(import.meta.dirname, "..");

const programs = await install().catch((error: Error & { stderr?: string }) => {
  const reason = (error.stderr || error.message).trim().split("\n").at(-1);
  console.log(`skipped  The tools ${tools.join(" and ")} could not be installed: ${reason}`);
  console.log("\n0 passed, 0 failed");
  return null;
});
if (programs !== null) {
  const args = ["--config", "jest.deploy.config.js", ...process.argv.slice(2)];
  const env = { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}` };
  const jest = spawn("node_modules/.bin/jest", args, { cwd: repository, env, stdio: "inherit" });
  const [exitCode] = (await once(jest, "exit")) as [number | null];
  process.exitCode = exitCode ?? 1;
}

/** Installs the tools unless these very versions are there, and gives the folder of their programs. */
async function install(): Promise<string> {
  const folder = join(repository, "node_modules/.cache/benchstack-deploy", tools.join("-").replaceAll("==", "-"));
  const installed = join(folder, "installed");
  const present = await access(installed).then(
    () => true,
    () => false,
  );
  if (!present) {
    await execute("python3", ["-m", "venv", "--clear", folder]);
    const quietly = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"];
    await execute(join(folder, "bin/pip"), ["install", ...quietly, ...tools], { timeout: 10 * minute });
    await execute("touch", [installed]);
  }
  return join(folder, "bin");
}
