/** The licences of the npm packages whose code is in what we build. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { fromRoot } from "../../lib/root.ts";

/** The texts of the licences of all npm packages that some modules use, except those that stay packages. */
export function licencesOf(modules: string[], external: string[]): string {
  const { metafile } = buildSync({
    absWorkingDir: fromRoot("."),
    entryPoints: modules,
    outdir: "out",
    bundle: true,
    platform: "node",
    loader: { ".node": "empty" },
    external,
    mainFields: ["module", "main"],
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const folders = Object.keys(metafile.inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  return [...new Set(folders)].sort().map(licenceIn).join("\n\n");
}

/** Throws for a package that says nothing of a licence. */
function licenceIn(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(fromRoot(join(folder, "package.json")), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const texts = globSync("{LICENSE,LICENCE,License,license,NOTICE}{,.*}", { cwd: fromRoot(folder) });
  if (license === undefined && texts.length === 0) throw new Error(`The package ${name} names no licence.`);
  const heading = `=== ${name} ${version} (${license ?? "see below"})`;
  return [heading, ...texts.map((file) => readFileSync(fromRoot(join(folder, file)), "utf8").trim())].join("\n\n");
}
