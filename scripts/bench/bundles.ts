import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";
import { areas } from "../../lambdas/api/areas.ts";
import { bundling } from "../../lib/function.ts";

export interface Bundle {
  entry: string;
  file: string;
  contents: Uint8Array;
  /** Of the file alone, by the strongest deflate; a zip adds some hundred bytes. */
  zippedBytes: number;
  /** Packages of AWS's SDK that it has something of. */
  clients: string[];
}

const events = ["control", "ecs-task-stopped", "migrate", "on-deploy", "scaler", "sweeper"];
const entries = [...Object.values(areas).map(({ entry }) => entry), ...events.map((name) => `lambdas/events/${name}.ts`)];

/** Bundles every function as the deployment does, into a folder. */
export async function bundleFunctions(outdir: string): Promise<Bundle[]> {
  const { metafile, outputFiles } = await build({
    entryPoints: Object.fromEntries(entries.map((entry) => [entry.replaceAll(/\W+/g, "-"), entry])),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: bundling.target,
    mainFields: bundling.mainFields,
    minify: bundling.minify,
    keepNames: bundling.keepNames,
    banner: { js: bundling.banner },
    metafile: true,
    write: false,
    logLevel: "error",
  });
  return Object.entries(metafile.outputs).flatMap(([path, { entryPoint, inputs }]) => {
    const output = outputFiles.find((one) => one.path === join(process.cwd(), path) || one.path.endsWith(path.replace(/^(\.\.\/)+/, "/")));
    if (entryPoint === undefined || !output) return [];
    const clients = Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? (/@aws-sdk\/(client-[\w-]+)/.exec(file)?.[1] ?? []) : [],
    );
    return [{ entry: entryPoint, file: output.path, contents: output.contents, zippedBytes: deflateRawSync(output.contents, { level: 9 }).length, clients: [...new Set(clients)].sort() }];
  });
}
