/** `npm run check:web-size`: fails if the first load of the web application has more script than a slow line should have to carry. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildWeb } from "./build.ts";

/** Gzipped, with 1 kB = 1000 bytes. */
const maxBytes = 200_000;
const maxBytesWithFormulas = 270_000;

interface Chunk {
  file: string;
  imports?: string[];
  isEntry?: boolean;
  isDynamicEntry?: boolean;
}

const folder = await buildWeb(() => {});
const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;

/** A chunk and everything that it imports before it runs. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const imported of manifest[name]?.imports ?? []) withImports(imported, found);
  return found;
}

const sizeOf = (name: string) => gzipSync(readFileSync(join(folder, manifest[name]!.file))).length;
const sum = (names: Iterable<string>) => [...new Set(names)].reduce((bytes, name) => bytes + sizeOf(name), 0);
const names = Object.keys(manifest);
const entry = names.filter((name) => manifest[name]!.isEntry).flatMap((name) => [...withImports(name)]);
/** A page's own files come with the files of the layout that it stands in: at most these. */
const layouts = names.filter((name) => name.endsWith("-layout.tsx")).flatMap((name) => [...withImports(name)]);
/** Subjects whose pages stand in no layout. */
const standAlone = /^worksheets\//;
const formulas = names.filter((name) => /temml/.test(name) && manifest[name]!.isDynamicEntry);

const pages = names
  .filter((name) => manifest[name]!.isDynamicEntry && name.endsWith("-page.tsx"))
  .map((name) => ({ name, bytes: sum([...entry, ...(standAlone.test(name) ? [] : layouts), ...withImports(name)]) }))
  .sort((a, b) => b.bytes - a.bytes);
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
const [largest = { name: "the application", bytes: sum(entry) }] = pages;
const together = largest.bytes + sum(formulas);
console.log(`The application itself has ${kilobytes(sum(entry))} of script, gzipped.`);
console.log(`${largest.name} has the most: ${kilobytes(largest.bytes)}, and ${kilobytes(together)} with formulas.`);
if (largest.bytes > maxBytes || together > maxBytesWithFormulas) {
  console.error(`At most ${kilobytes(maxBytes)} are allowed, and ${kilobytes(maxBytesWithFormulas)} with formulas.`);
  process.exitCode = 1;
}
