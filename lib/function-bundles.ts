/** The code of each function as one file, built with esbuild. */
import { basename } from "node:path";
import { type BuildOptions, buildSync, type Metafile } from "esbuild";
import { areas } from "../lambdas/functions/areas.ts";
import { fromRoot } from "./root.ts";

type AreaEntry = (typeof areas)[keyof typeof areas]["entry"];
const eventEntries = [
  "lambdas/functions/events/canary.ts",
  "lambdas/functions/events/control.ts",
  "lambdas/functions/events/ecs-task-stopped.ts",
  "lambdas/functions/events/end-hosts.ts",
  "lambdas/functions/events/finish-deploy.ts",
  "lambdas/functions/events/host-orders.ts",
  "lambdas/functions/events/host-time.ts",
  "lambdas/functions/events/hosts.ts",
  "lambdas/functions/events/look-at-hosts.ts",
  "lambdas/functions/events/mailer.ts",
  "lambdas/functions/events/migrate.ts",
  "lambdas/functions/events/on-deploy.ts",
  "lambdas/functions/events/outgoing-mail.ts",
  "lambdas/functions/events/publish-web.ts",
  "lambdas/functions/events/recover.ts",
  "lambdas/functions/events/remove-hosts.ts",
  "lambdas/functions/events/scaler.ts",
  "lambdas/functions/events/sweeper.ts",
] as const;

/** A file that exports the `handler` of a function, relative to the repository's root. */
export type Entry = AreaEntry | (typeof eventEntries)[number];

export interface FunctionBundle {
  /** A CommonJS module that needs nothing but Node.js. */
  contents: Uint8Array;
  /** Files beside the module that it reads while it runs, by their names. */
  files: Record<string, Uint8Array>;
  /** The number of bytes that each source file contributes, by its path. */
  inputs: Metafile["outputs"][string]["inputs"];
}

const options = {
  bundle: true,
  platform: "node",
  // Node.js starts a CommonJS module faster than an ES module with the same code.
  format: "cjs",
  target: "node24",
  // With `module` first, esbuild reads ES modules, in which it finds unused code.
  mainFields: ["module", "main"],
  // A smaller file starts faster. Names stay as they are, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
  // Packages look for their own place with `import.meta.url`, and need none because they are told where their files are.
  logOverride: { "empty-import-meta": "silent" },
  conditions: ["bundled-function", "module"],
  define: { "import.meta.dirname": "__dirname" },
  loader: { ".wasm": "file" },
} satisfies BuildOptions;

/** All functions. */
export const entries: Entry[] = [...Object.values(areas).map(({ entry }) => entry), ...eventEntries];

let made: Map<Entry, FunctionBundle> | undefined;

/** The bundles of all functions, built once per process in one run of esbuild, which parses shared files once. */
export function functionBundles(): Map<Entry, FunctionBundle> {
  return (made ??= bundle(entries));
}

/** Bundles modules as functions are bundled. */
export function bundle<Module extends string>(entries: Module[]): Map<Module, FunctionBundle> {
  const { metafile, outputFiles } = buildSync({
    ...options,
    absWorkingDir: fromRoot("."),
    entryPoints: entries,
    outdir: "out",
    metafile: true,
    write: false,
  });
  const contentsOf = (path: string) => outputFiles.find((file) => file.path === fromRoot(path))!.contents;
  return new Map(
    Object.entries(metafile.outputs).flatMap(([path, { entryPoint, inputs, imports }]) => {
      if (entryPoint === undefined) return [];
      const copied = imports.filter(({ kind }) => kind === "file-loader");
      const files = Object.fromEntries(copied.map((file) => [basename(file.path), contentsOf(file.path)]));
      return [[entryPoint as Module, { contents: contentsOf(path), files, inputs }]];
    }),
  );
}

/** One CommonJS module with the exports of all `modules` by their paths in a folder. */
export function bundleTogether(modules: string[], folder: string): Uint8Array {
  const contents = modules.map((path) => `export * as "${path}" from "./${path}";`).join("\n");
  // One file cannot have others beside it, so these modules can make no pictures.
  const loader = { ".wasm": "text" } as const;
  return buildSync({ ...options, loader, stdin: { contents, resolveDir: folder }, write: false }).outputFiles[0]!
    .contents;
}
