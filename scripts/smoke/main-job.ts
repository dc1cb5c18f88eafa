/** The main use of a platform, from the upload of a bundle to the leaderboard. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient, Competition, Submission } from "../../client/api-client.ts";
import { ApiError } from "../../client/api-error.ts";
import { packFolder } from "../../client/pack.ts";
import { describeBundle } from "../example-image.ts";
import { requireImage } from "./require-image.ts";

const example = join(import.meta.dirname, "../../examples/temperature-forecast");
const submission = "fitted-wave";
const pollMs = 500;
type Scores = Record<string, { scores: Record<string, number> }>;

export interface MainJobOptions {
  admin: ApiClient;
  /** The container image instead of the one in the bundle, for deployments that reach no public registry. */
  image: string | undefined;
  /** The longest time for a submission, in milliseconds. */
  patienceMs: number;
  /** Receives a sentence about each part that worked. */
  say: (sentence: string) => void;
}

/**
 * An organizer uploads a bundle, a participant submits, programs score the submission, and the leaderboard has the
 * expected scores of the example. Throws an error with a sentence about the first part that fails. The competition is
 * always deleted afterwards. The account of the participant stays, because accounts cannot be deleted.
 */
export async function mainJob({ admin, image: otherImage, patienceMs, say }: MainJobOptions): Promise<void> {
  const { yaml, image } = await describeBundle(example, otherImage);
  await requireImage(admin, image);
  const folder = await mkdtemp(join(tmpdir(), "benchstack-smoke-"));
  let competition: Competition | undefined;
  try {
    competition = await admin.createCompetition(await packBundle(folder, yaml));
    await admin.request("POST", `/api/competitions/${competition.id}/toggle_publish/`);
    say(`The bundle of "${competition.title}" was uploaded, unpacked and published.`);

    const participant = await signUp(admin);
    await participant.request("POST", `/api/competitions/${competition.id}/register/`, {});
    const file = join(folder, `${submission}.zip`);
    await writeFile(file, await packFolder(join(example, "submissions", submission)));
    const phase = competition.phases[0]!;
    const { id } = await participant.submit(phase.id, await participant.upload("submission", file));
    say(`A participant signed up and submitted "${submission}", which is submission ${id}.`);

    await allFinished(participant, id, { patienceMs, say });
    say("The submission was run and scored.");

    await compareLeaderboard(participant, phase.id, id);
    say("The leaderboard has the expected scores.");
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (competition) await admin.request("DELETE", `/api/competitions/${competition.id}/`);
  }
}

async function packBundle(folder: string, yaml: string): Promise<string> {
  const file = join(folder, "bundle.zip");
  await writeFile(file, await packFolder(join(example, "bundle"), { "competition.yaml": yaml }));
  return file;
}

/** Creates a participant. Where signing up is disabled, the administrator creates the account. */
export async function signUp(admin: ApiClient): Promise<ApiClient> {
  const username = `smoke-${randomBytes(4).toString("hex")}`;
  const account = { username, email: `${username}@example.org`, password: randomBytes(16).toString("hex") };
  try {
    await admin.request("POST", "/api/signup/", account);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "SIGN_UP_DISABLED") throw error;
    await admin.request("POST", "/api/users/", account);
  }
  return admin.login(account.username, account.password);
}

/** Waits until a submission and its children, one for each task, have finished. Says why they wait. */
export async function allFinished(
  client: ApiClient,
  id: number,
  { patienceMs, say }: Pick<MainJobOptions, "patienceMs" | "say">,
): Promise<void> {
  const { children } = await client.submission(id);
  const overdue = performance.now() + patienceMs;
  for (const one of [...children, id]) {
    let said: string | null = null;
    for (;;) {
      const submission = await client.submission(one);
      const { status, status_details: details } = submission;
      if (status === "Finished") break;
      if (["Failed", "Cancelled"].includes(status))
        throw new Error(`Submission ${one} is "${status}": ${reason(submission)}`);
      if (status === "Submitted" && details && details !== said) say(`Submission ${one} waits: ${(said = details)}`);
      if (performance.now() > overdue)
        throw new Error(
          `Submission ${one} is still "${status}" after ${patienceMs / 1000} s${details ? `: ${details}` : ""}. See the log of the workers.`,
        );
      await wait(pollMs);
    }
  }
}

const reason = ({ failure_code: code, status_details: details }: Submission): string =>
  [code, details].filter(Boolean).join(": ") || "the platform gives no reason";

async function compareLeaderboard(client: ApiClient, phase: number, id: number): Promise<void> {
  const expected = (JSON.parse(await readFile(join(example, "expected.json"), "utf8")) as Record<string, Scores>)[
    submission
  ]!;
  const board = await client.leaderboard(phase);
  const row = board.submissions.find((one) => one.id === id);
  if (!row) throw new Error(`Submission ${id} is not on the leaderboard.`);
  for (const task of board.tasks)
    for (const [key, score] of Object.entries(expected[task.name]?.scores ?? {})) {
      const shown = row.scores.find(({ task_id, column_key }) => task_id === task.id && column_key === key)?.score;
      // The leaderboard rounds to the number of decimals in the bundle.
      const decimals = shown?.split(".")[1]?.length ?? 0;
      if (shown === undefined || Number(shown) !== Number(score.toFixed(decimals)))
        throw new Error(`The leaderboard shows ${shown ?? "nothing"} as ${key} of "${task.name}" instead of ${score}.`);
    }
}
