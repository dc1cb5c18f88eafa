/** The functions of the release before this one, built from its source in the repository's history. */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleTogether } from "../../lib/function-bundles.ts";
import type { Context } from "../../lambdas/kernel/context.ts";
import { repository } from "./files.ts";

/** The commit of the release before. Whoever makes a release writes its commit here. */
export const releaseBefore = "dd42dbb0071a976f07e16cdb6af6e6daf1cbb95c";

type Functions = Record<string, Record<string, (input?: unknown) => unknown>>;

const scheme = "release-before:";
const local = pathToFileURL(join(repository, "local")).href;
const git = (...args: string[]) =>
  execFileSync("git", args, { cwd: repository, maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "ignore"] });

/** Whether the repository has the history that this needs. A shallow clone and a downloaded archive do not. */
export function hasReleaseBefore(): boolean {
  try {
    git("cat-file", "-e", `${releaseBefore}^{commit}`);
    return true;
  } catch {
    return false;
  }
}

/** Puts some folders and files of the release before into a folder, with the packages of this release. */
export function extractReleaseBefore(folder: string, paths: string[]): void {
  mkdirSync(folder, { recursive: true });
  const source = git("archive", releaseBefore, ...paths, "package.json", "tsconfig.json");
  execFileSync("tar", ["-x", "-C", folder], { input: source });
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
}

/** Builds the functions in a folder that is deleted then. Packages are those of this release. */
function build(): Functions {
  const folder = mkdtempSync(join(tmpdir(), "benchstack-release-before-"));
  try {
    extractReleaseBefore(folder, ["lambdas", "contract"]);
    const entries = globSync("lambdas/functions/{api,events}/*.ts", { cwd: folder });
    const file = join(folder, "functions.cjs");
    writeFileSync(file, bundleTogether([...entries, "lambdas/functions/context.ts"], folder));
    return createRequire(import.meta.url)(file) as Functions;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface ReleaseBefore {
  /** What the module of a function exports. */
  functions: Functions;
  /** The context that they share. */
  currentContext: () => Context;
}

/**
 * Has the platform on one machine run these functions instead of those of this release. Import nothing of `local/` before.
 */
export function serveReleaseBefore(): ReleaseBefore {
  const functions = build();
  const loaded = Symbol.for(scheme);
  Object.assign(globalThis, { [loaded]: functions });
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (!context.parentURL?.startsWith(local) || !resolved.url.startsWith("file:")) return resolved;
      const path = relative(repository, fileURLToPath(resolved.url));
      return path in functions ? { url: scheme + path, format: "module", shortCircuit: true } : resolved;
    },
    load(url, context, next) {
      if (!url.startsWith(scheme)) return next(url, context);
      const path = url.slice(scheme.length);
      const names = Object.keys(functions[path]!).join(", ");
      const source = `export const { ${names} } = globalThis[Symbol.for("${scheme}")]["${path}"];`;
      return { source, format: "module", shortCircuit: true };
    },
  });
  return { functions, currentContext: functions["lambdas/functions/context.ts"]!.currentContext as () => Context };
}
