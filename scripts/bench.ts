/**
 * Measures how long submissions take, compared with the same containers without a platform:
 *
 *     npm run bench [-- --quick]
 *
 * The compared measurements take turns, so that other work on this machine affects all of them. See docs/benchmarks.md.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import Docker from "dockerode";
import { setTimeout as wait } from "node:timers/promises";
import { BareContainers } from "./bench/bare.ts";
import { BenchPlatform, type Memory } from "./bench/platforms.ts";
import { ratios, spread, table } from "./bench/statistics.ts";

const image = "benchstack-test-python:latest";
const { quick } = parseArgs({ options: { quick: { type: "boolean", default: false } } }).values;
/** Includes a first round that is not counted, because it fills the caches. */
const rounds = quick ? 4 : 16;
const bursts = quick ? 2 : 4;
const burstSize = quick ? 20 : 50;

/** Builds the test image unless it exists. */
async function requireImage(): Promise<void> {
  try {
    await promisify(execFile)(join(import.meta.dirname, "test-image.sh"), [image]);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    console.error(`The benchmark needs a Docker engine with the image ${image}. ${stderr?.trim() || message}`);
    process.exit(1);
  }
}

/** Waits until the platforms have removed their containers, which they do after a submission has finished. */
async function untilNoContainerIsLeft(): Promise<void> {
  const isOurs = ({ Mounts }: Docker.ContainerInfo) => Mounts.some(({ Source }) => Source.startsWith(folder));
  while ((await engine.listContainers({ all: true })).some(isOurs)) await wait(10);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/**
 * Runs each measurement once per round, in a different order each round. Returns the values of all rounds but the
 * first.
 */
async function inTurns<Name extends string>(
  count: number,
  measurements: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(measurements) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < count; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]!;
      const value = await measurements[name]();
      if (round > 0) values[name].push(value);
      await untilNoContainerIsLeft();
    }
    process.stderr.write(`\rround ${round + 1} of ${count}`);
  }
  process.stderr.write("\r\x1b[K");
  return values;
}

await requireImage();
const engine = new Docker();
const folder = await mkdtemp(join(tmpdir(), "benchstack-bench-"));
const start = async (slots: number) => {
  const own = join(folder, `${slots}`);
  await mkdir(own);
  return BenchPlatform.start({ slots, image, folder: own });
};
const platforms: BenchPlatform[] = [];
try {
  const bare = await BareContainers.prepare(image, join(folder, "bare"));
  const one = await start(1);
  platforms.push(one);
  const two = await start(2);
  platforms.push(two);
  const idle = [await one.workerMemory(), await two.workerMemory()];
  console.log(
    `Benchstack benchmark, ${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, Node ${process.versions.node}\n`,
  );

  const latency = await inTurns(rounds, {
    bare: () => seconds(() => bare.run("default")),
    dark: () => seconds(() => bare.run("none")),
    result: () => one.run("result"),
    code: () => one.run("code"),
    echo: () => one.echo(),
  });
  const latencyRow = (title: string, values: number[]) => [
    title,
    spread(values, 3),
    spread(ratios(values, latency.bare), 2),
  ];
  console.log(
    `Seconds from the request to the status Finished, or to the state ready: median (range) of ${rounds - 1} rounds\n`,
  );
  console.log(
    table([
      ["", "seconds", "x bare"],
      latencyRow("bare: docker run --rm", latency.bare),
      latencyRow("bare: docker run --rm --network none", latency.dark),
      latencyRow("result submission (1 container)", latency.result),
      latencyRow("code submission (2 containers)", latency.code),
      latencyRow("run of echo on a worksheet (1 container)", latency.echo),
    ]),
  );

  const perMinute = async (work: () => Promise<number>) => (burstSize / (await work())) * 60;
  const throughput = await inTurns(bursts, {
    bare1: () => perMinute(() => seconds(() => bare.loop(burstSize, 1))),
    burst1: () => perMinute(() => one.run("result", burstSize)),
    bare2: () => perMinute(() => seconds(() => bare.loop(burstSize, 2))),
    burst2: () => perMinute(() => two.run("result", burstSize)),
  });
  const throughputRow = (title: string, values: number[], base: number[]) => [
    title,
    spread(values, 0),
    spread(ratios(values, base), 2),
  ];
  console.log(`\nThroughput with ${burstSize} submissions at once: median (range) of ${bursts - 1} rounds\n`);
  console.log(
    table([
      ["", "per minute", "x bare loop"],
      throughputRow("bare loop, 1 at a time", throughput.bare1, throughput.bare1),
      throughputRow("result submissions, 1 slot", throughput.burst1, throughput.bare1),
      throughputRow("bare loop, 2 at a time", throughput.bare2, throughput.bare2),
      throughputRow("result submissions, 2 slots", throughput.burst2, throughput.bare2),
    ]),
  );

  const after = [await one.workerMemory(), await two.workerMemory()];
  const memoryRow = (title: string, { rssMegabytes, pssMegabytes }: Memory) => [
    title,
    rssMegabytes.toFixed(0),
    pssMegabytes.toFixed(0),
  ];
  console.log("\nMemory of a worker process in MB\n");
  console.log(
    table([
      ["", "RSS", "PSS"],
      memoryRow("1 slot, idle", idle[0]!),
      memoryRow("1 slot, after the runs", after[0]!),
      memoryRow("2 slots, idle", idle[1]!),
      memoryRow("2 slots, after the runs", after[1]!),
    ]),
  );
} finally {
  await Promise.all(platforms.map((platform) => platform.close()));
  await rm(folder, { recursive: true, force: true });
}
