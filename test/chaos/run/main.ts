/**
 * `npm run chaos -- --submissions 2000 --minutes 10 [--seed N]`: sends submissions to a platform of its own while workers, the platform,
 * its database, store and queues are killed at random. The exit code is 1 if a submission is lost, doubled or wrong.
 */
import { parseArgs } from "node:util";
import { randomInt } from "node:crypto";
import { temporaryFolder } from "../../support/files.ts";
import { runChaos } from "./chaos.ts";
import { kinds } from "./plan.ts";
import { percentile } from "./verdict.ts";

const { values } = parseArgs({
  options: {
    submissions: { type: "string", default: "2000" },
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
  },
});
const [submissions, minutes, seed] = [values.submissions, values.minutes, values.seed].map(Number) as [
  number,
  number,
  number,
];
if (!(submissions >= 1 && minutes > 0 && Number.isInteger(seed))) {
  console.error("Usage: npm run chaos -- [--submissions N] [--minutes N] [--seed N]");
  process.exit(2);
}
const { path: folder, remove } = await temporaryFolder();
console.log(`Seed ${seed}. ${submissions} submissions in ${minutes} minutes. Logs are in ${folder}.`);
const began = Date.now();
const result = await runChaos({
  submissions,
  minutes,
  seed,
  workers: 3,
  folder,
  say: (line) => console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(5)} s  ${line}`),
});
const { lost, doubled, wrong, left, recoveries } = result;
const seconds = (share: number) => `${(percentile(recoveries, share) / 1000).toFixed(1)} s`;
console.log(`\nseed                 ${seed}`);
for (const kind of kinds) console.log(`${kind.padEnd(32)}${result.counts.get(kind) ?? 0} times`);
console.log(
  "The Docker engine is not killed here: it is the machine's own. test/chaos/docker-engine.test.ts has one to kill.",
);
console.log(`accepted ${result.accepted}, without an answer ${result.unanswered}`);
console.log(`time to recover      p50 ${seconds(0.5)}, p95 ${seconds(0.95)}`);
console.log(`lost ${lost.length}, doubled ${doubled.length}, wrong ${wrong.length}`);
const problems = [...lost, ...doubled, ...wrong, ...left];
for (const problem of problems.slice(0, 50)) console.log(`  ${problem}`);
if (problems.length === 0) await remove();
process.exit(problems.length === 0 ? 0 : 1);
