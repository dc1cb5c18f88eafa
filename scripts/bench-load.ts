/**
 * Measures how long the lists of the API take on the server with 1,000, 10,000 and 100,000 submissions in one phase, how long claims
 * and places take in a line of as many jobs, and how many rows each reads:
 *
 *     npm run bench:load -- --database postgres://… [--submissions 1000000] [--rounds 5] [--only /api/queues/]
 *
 * The database must be an empty one of PostgreSQL, and stays full. `--submissions` is the largest
 * number, `--rounds` how often each list is asked for, and `--only` a part of the names of lists.
 */
import { parseArgs } from "node:util";
import { migrate, openDatabase } from "../lambdas/kernel/db/connection.ts";
import { asker, contextOn, rowsRead } from "./bench/load/ask.ts";
import { addSubmissions, fillPlatform } from "./bench/load/fill.ts";
import { addIdleQueues, addReadyJobs, lineWork } from "./bench/load/line.ts";
import { lists, nameOf } from "./bench/load/lists.ts";
import { table } from "./bench/statistics.ts";

const { values } = parseArgs({
  options: {
    database: { type: "string" },
    submissions: { type: "string", default: "100000" },
    rounds: { type: "string", default: "20" },
    only: { type: "string", default: "" },
  },
});
if (values.database === undefined) {
  console.error("Say which empty database of PostgreSQL to fill: --database postgres://user:password@host/name");
  process.exit(2);
}

const rounds = Number(values.rounds);
const filling = { participants: 1000, competitions: 200 };
const sizes = [1e3, 1e4, 1e5, 1e6].filter((size) => size <= Number(values.submissions));
const wanted = lists.filter((list) => nameOf(list).includes(values.only));
const context = contextOn(values.database);
const { db } = context;

interface Measured {
  p95: number;
  rows: number;
}

async function timed(name: string, work: () => Promise<unknown>): Promise<[string, Measured]> {
  // The first request reads from disk what later ones find in memory.
  await work();
  const rows = await rowsRead(db, work);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return [name, { p95: times[Math.ceil(rounds * 0.95) - 1]!, rows }];
}

/** A row for each name, with its times and rows at each size. */
function shown(title: string, results: Map<number, Map<string, Measured>>): string {
  const reached = [...results.keys()];
  const [least, most] = [reached[0]!, reached.at(-1)!];
  const number = (size: number) => size.toLocaleString("en");
  const head = [
    title,
    ...reached.map((size) => `p95 ms at ${number(size)}`),
    "ratio",
    `rows at ${number(least)}`,
    `rows at ${number(most)}`,
  ];
  const body = [...results.get(most)!.keys()].map((name) => {
    const of = (size: number) => results.get(size)!.get(name)!;
    return [
      name,
      ...reached.map((size) => of(size).p95.toFixed(1)),
      (of(most).p95 / of(least).p95).toFixed(1),
      String(of(least).rows),
      String(of(most).rows),
    ];
  });
  return table([head, ...body]);
}

// Filling takes longer than a request may.
const patient = openDatabase({ connectionString: values.database, maxConnections: 1 });
await migrate(patient);
await fillPlatform(patient, filling);
const ask = asker(context);
const ofLists = new Map<number, Map<string, Measured>>();
for (const [at, size] of sizes.entries()) {
  console.error(`Adding submissions up to ${size} …`);
  await addSubmissions(patient, filling, sizes[at - 1] ?? 0, size);
  const measured: [string, Measured][] = [];
  for (const list of wanted) measured.push(await timed(nameOf(list), () => ask(list)));
  ofLists.set(size, new Map(measured));
}
if (wanted.length > 0) console.log(shown("list", ofLists));

const ofLines = new Map<number, Map<string, Measured>>();
const lengths = [1e3, 1e4, 1e5];
for (const [at, length] of lengths.entries()) {
  console.error(`Adding ready jobs up to ${length} …`);
  await addReadyJobs(patient, filling, lengths[at - 1] ?? 0, length);
  if (at === lengths.length - 1) await addIdleQueues(patient, 1000);
  const measured: [string, Measured][] = [];
  for (const [name, work] of Object.entries(await lineWork(db))) measured.push(await timed(name, work));
  ofLines.set(length, new Map(measured));
}
console.log(`\n${shown("with so many ready jobs, and 1,000 idle queues at last", ofLines)}`);
await patient.destroy();
await db.destroy();
