/**
 * Prints what a cold start of each function has to get through: the size of its zip, and the time a fresh Node process
 * takes to load its module, the best of five. CPU time is what a busy machine leaves alone.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleFunctions } from "./bench/bundles.ts";

const runs = 5;

interface Load {
  wallMs: number;
  cpuMs: number;
}

function load(file: string): Load {
  const program = `
    const started = performance.now(), before = process.cpuUsage();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(JSON.stringify({ wallMs: performance.now() - started, cpuMs: (user + system) / 1000 }));
    process.exit();`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" })) as Load;
}

const folder = mkdtempSync(join(tmpdir(), "benchstack-cold-"));
try {
  console.log(`${"function".padEnd(38)} zipped KB  wall ms  CPU ms  clients`);
  for (const { entry, file, contents, zippedBytes, clients } of await bundleFunctions(folder)) {
    writeFileSync(file, contents);
    const loads = Array.from({ length: runs }, () => load(file));
    const best = (measure: keyof Load) => Math.min(...loads.map((one) => one[measure])).toFixed(0);
    const size = (zippedBytes / 1000).toFixed(0);
    console.log(`${entry.padEnd(38)} ${size.padStart(9)}  ${best("wallMs").padStart(7)}  ${best("cpuMs").padStart(6)}  ${clients.join(", ")}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
