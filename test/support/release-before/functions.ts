/** The functions of the release before, as `npm run keep:release` kept them, with every package they use. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import type { Context } from "../../../lambdas/kernel/context.ts";
import { repository } from "../files.ts";

type Functions = Record<string, Record<string, (input?: unknown) => unknown>>;

const scheme = "release-before:";
const local = pathToFileURL(join(repository, "local")).href;

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
  const folder = mkdtempSync(join(tmpdir(), "benchstack-release-before-"));
  const file = join(folder, "functions.cjs");
  writeFileSync(file, brotliDecompressSync(readFileSync(join(import.meta.dirname, "functions.cjs.br"))));
  const functions = createRequire(import.meta.url)(file) as Functions;
  rmSync(folder, { recursive: true });
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
