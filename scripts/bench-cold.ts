/**
 * Prints, for each function, what its cold start has to load: the size of its zip, and the best of seven times that a
 * new Node process takes to load its module. The first row is an empty module: the cost of Node itself on this machine.
 * Functions take turns, so that disturbances affect all of them. The column "× Node" is the CPU time of the whole
 * process divided by that of the first row.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FunctionBundle, functionBundles } from "../lib/function-bundles.ts";
import { clientsIn, zippedBytes } from "./bench/bundles.ts";

const rounds = 7;

interface Load {
  wallMs: number;
  cpuMs: number;
  processCpuMs: number;
}

function load(file: string): Load {
  const program = `
    const cpuMs = (before) => { const { user, system } = process.cpuUsage(before); return (user + system) / 1000; };
    const started = performance.now(), before = process.cpuUsage();
    require(${JSON.stringify(file)});
    process.stdout.write(JSON.stringify({ wallMs: performance.now() - started, cpuMs: cpuMs(before), processCpuMs: cpuMs() }));
    process.exit();`;
  return JSON.parse(execFileSync(process.execPath, ["--eval", program], { encoding: "utf8" })) as Load;
}

const folder = mkdtempSync(join(tmpdir(), "benchstack-cold-"));
try {
  const modules = [
    ["(empty module)", { contents: new Uint8Array(), files: {}, inputs: {} }] as [string, FunctionBundle],
    ...functionBundles(),
  ].map(([entry, bundle], i) => {
    const file = join(folder, `${i}.js`);
    writeFileSync(file, bundle.contents);
    return { entry, bundle, file, loads: [] as Load[] };
  });
  for (let round = 0; round < rounds; round++) for (const { file, loads } of modules) loads.push(load(file));

  const best = (loads: Load[], measure: keyof Load) => Math.min(...loads.map((one) => one[measure]));
  const ofNode = best(modules[0]!.loads, "processCpuMs");
  console.log(`${"function".padEnd(38)} zipped KB  wall ms  CPU ms  × Node  clients`);
  for (const { entry, bundle, loads } of modules) {
    const columns: [value: string, width: number][] = [
      [(zippedBytes(bundle) / 1000).toFixed(0), 9],
      [best(loads, "wallMs").toFixed(0), 8],
      [best(loads, "cpuMs").toFixed(0), 7],
      [(best(loads, "processCpuMs") / ofNode).toFixed(1), 7],
    ];
    console.log(
      `${entry.padEnd(38)} ${columns.map(([value, width]) => value.padStart(width)).join(" ")}  ${clientsIn(bundle).join(", ")}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
