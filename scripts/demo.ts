/**
 * `npm run demo`: a whole competition on a temporary platform. An organizer uploads a competition, two participants
 * submit code, which runs with the organizer's ingestion program and is scored, and a leaderboard ranks them.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ApiClient, type Competition, type Submission } from "../client/api-client.ts";
import { table } from "../cli/table.ts";
import { launcherFor } from "../cli/this-machine.ts";
import { describeBundle } from "./example-image.ts";
import { Screen } from "./demo-screen.ts";
import { worksheetsOptionsSchema } from "../lambdas/kernel/worksheets-options.ts";
import { openSignIn } from "../lambdas/accounts/rules/sign-in-options.ts";
import { buildWeb } from "./web/build.ts";
import { startLocalPlatform } from "../local/platform.ts";
import { packFolder } from "../client/pack.ts";

const example = join(import.meta.dirname, "../examples/tabular-classification");
const participants = [
  { username: "participant-a", model: "naive-bayes", method: "Naive Bayes", family: "Probabilities" },
  { username: "participant-b", model: "nearest-neighbours", method: "Nearest neighbours", family: "Distances" },
];
const password = "only-for-this-demo";
const screen = new Screen(process.stdout);

interface Run {
  who: (typeof participants)[number];
  client: ApiClient;
  parent: number;
  children: { id: number; task: string }[];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "benchstack-demo-"));
  const { yaml, image } = await describeBundle(example, process.env["BENCHSTACK_IMAGE"] || undefined);
  const { launcher, why } = await launcherFor(image, "auto");
  screen.say(why);
  screen.say("Starting the platform …");
  const platform = await startLocalPlatform({
    home: join(folder, "home"),
    host: "127.0.0.1",
    port: 0,
    publicUrl: null,
    adminPassword: password,
    allowNetwork: false,
    signIn: openSignIn,
    identitySecrets: {},
    freeTries: {},
    storageQuotaBytes: 15e9,
    worksheets: worksheetsOptionsSchema.parse({}),
    linkFolders: [],
    deletionGraceDays: 14,
    maxStepSeconds: 600,
    web: await buildWeb((line) => screen.say(line)),
    onMail: null,
    worker: { slots: 2, launcher, imagePull: "missing" },
  });
  try {
    screen.done(`The platform runs at ${platform.url}`);
    const anyone = new ApiClient(platform.url);
    const competition = await organize(anyone, yaml, folder);
    const runs = await Promise.all(participants.map((who) => participate(anyone, competition, who, folder)));
    await follow(runs);
    for (const run of runs)
      await run.client.request("POST", `/api/submissions/${run.parent}/submission_leaderboard_connection/`);
    await showLeaderboard(anyone, competition, runs);
  } finally {
    await platform.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function organize(anyone: ApiClient, yaml: string, folder: string): Promise<Competition> {
  const admin = await anyone.login("admin", password);
  await admin.request("POST", "/api/users/", { username: "organizer", email: "organizer@example.org", password });
  const organizer = await anyone.login("organizer", password);
  const bundle = join(folder, "bundle.zip");
  await writeFile(bundle, await packFolder(join(example, "bundle"), { "competition.yaml": yaml }));
  const competition = await organizer.createCompetition(bundle);
  await organizer.request("POST", `/api/competitions/${competition.id}/toggle_publish/`);
  const tasks = competition.phases[0]!.tasks.map((task) => task.name).join(" and ");
  screen.done(`The organizer created the competition "${competition.title}" with the tasks ${tasks}`);
  return competition;
}

async function participate(
  anyone: ApiClient,
  competition: Competition,
  who: (typeof participants)[number],
  folder: string,
): Promise<Run> {
  const { username, model, method, family } = who;
  await anyone.request("POST", "/api/signup/", { username, email: `${username}@example.org`, password });
  const client = await anyone.login(username, password);
  await client.request("POST", `/api/competitions/${competition.id}/register/`, {});
  const file = join(folder, `${model}.zip`);
  await writeFile(file, await packFolder(join(example, "submissions", model)));
  const phase = competition.phases[0]!.id;
  const { id } = await client.request<{ id: number }>("POST", "/api/submissions/", {
    phase,
    data: await client.upload("submission", file),
    fact_sheet_answers: { method, family, ensemble: false },
  });
  const { children } = await client.submission(id);
  const tasks = competition.phases[0]!.tasks;
  screen.done(`${username} submitted the model ${model}`);
  return {
    who,
    client,
    parent: id,
    children: children.map((child, index) => ({ id: child, task: tasks[index]!.name })),
  };
}

/** Prints the output of all runs as it grows, above a progress line, until all runs have ended. */
async function follow(runs: Run[]): Promise<void> {
  screen.say("");
  const statuses = new Map<number, Submission>();
  let over = false;
  const progress = async () => {
    for (let last = false; !last; await wait(last ? 0 : 200)) {
      last = over;
      for (const run of runs) for (const { id } of run.children) statuses.set(id, await run.client.submission(id));
      screen.progress(runs.flatMap((run) => run.children.map((child) => statuses.get(child.id)!)));
    }
  };
  const showing = progress();
  await Promise.all(runs.flatMap((run) => run.children.map((child) => followOne(run, child))));
  over = true;
  await showing;
  screen.say("");
}

async function followOne(run: Run, child: { id: number; task: string }): Promise<void> {
  await Promise.all(["prediction_ingestion_stdout", "scoring_stdout"].map((stream) => followLog(run, child, stream)));
  const ended = await run.client.waitForSubmission(child.id);
  if (ended.status !== "Finished")
    throw new Error(
      `the submission of ${run.who.username} to ${child.task} is ${ended.status}: ${ended.status_details}`,
    );
}

async function followLog(run: Run, child: { id: number; task: string }, stream: string): Promise<void> {
  let position: { offset: number; attempt?: number } = { offset: 0 };
  for (;;) {
    const piece = await run.client.log(child.id, stream, position);
    for (const line of piece.text.split("\n").filter(Boolean)) screen.log(run.who.username, child.task, line);
    if (piece.complete) return;
    position = { offset: piece.next_offset, ...(piece.attempt ? { attempt: piece.attempt } : {}) };
    if (piece.text === "") await wait(250);
  }
}

async function showLeaderboard(anyone: ApiClient, competition: Competition, runs: Run[]): Promise<void> {
  const board = await anyone.leaderboard(competition.phases[0]!.id);
  const usage = new Map(
    await Promise.all(
      runs.map(async (run) => {
        const details = await Promise.all(run.children.map((child) => run.client.submissionDetails(child.id)));
        const attempts = details.flatMap((detail) => detail.attempts);
        const seconds = attempts.flatMap((a) => a.steps).reduce((sum, step) => sum + step.usage.wallSeconds, 0);
        const cost = attempts.reduce((sum, attempt) => sum + Number(attempt.cost_usd ?? 0), 0);
        return [run.parent, { seconds, cost }] as const;
      }),
    ),
  );
  const columns = board.tasks.flatMap((task) => task.columns.map((column) => ({ task, column })));
  const rows = board.submissions.map((row, index) => [
    String(index + 1),
    row.owner,
    ...columns.map(
      ({ task, column }) =>
        row.scores.find((score) => score.task_id === task.id && score.column_key === column.key)?.score ?? "n/a",
    ),
    `${usage.get(row.id)!.seconds.toFixed(1)} s`,
    `$${usage.get(row.id)!.cost.toFixed(6)}`,
  ]);
  screen.say(`Leaderboard "${board.title}" of "${competition.title}"\n`);
  screen.say(
    table(
      [
        ["", "", ...columns.map(({ task }, index) => (columns[index - 1]?.task === task ? "" : task.name)), "", ""],
        ["#", "Participant", ...columns.map(({ column }) => column.title), "Run time", "Cost on AWS"],
      ],
      rows,
    ),
  );
  screen.say(
    "\nThis platform was temporary. `npm start` starts one that keeps its data; /api/docs/ describes its API.",
  );
}

// When whoever reads its lines has gone, the demo still removes what it made.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
try {
  await main();
} catch (error) {
  screen.say("");
  console.error(`The demo failed: ${(error as Error).message}`);
  process.exitCode = 1;
}
process.exit();
