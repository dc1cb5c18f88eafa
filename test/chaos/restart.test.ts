import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, it } from "@jest/globals";
import type { Competition, SubmissionDetails } from "../../client/api-client.ts";
import { bundleFiles, publishCompetition, python, submit, waitToGo } from "../support/competitions.ts";
import { temporaryFolder } from "../support/files.ts";
import { copyPgliteDatabase } from "../support/pglite.ts";
import { ended, letGo, personOf } from "../support/platform.ts";
import type { Person } from "../support/platform.ts";
import { waitFor } from "../support/wait.ts";
import { killAll, start as startWith } from "../e2e/started.ts";
import type { Started } from "../e2e/started.ts";

/** A scoring program that waits to be let go and then gives the number in the submission. */
const scoring = [
  waitToGo,
  "open('/app/output/scores.json', 'w').write('{\"accuracy\": %s}' % open('/app/input/res/answer.txt').read())",
].join("\n");

describe("the platform that npm start runs", () => {
  let home: Awaited<ReturnType<typeof temporaryFolder>>;
  let elsewhere: Awaited<ReturnType<typeof temporaryFolder>>;
  let first: Started;
  let password: string;
  let competition: Competition;

  const start = (settings: Record<string, string> = {}) => startWith({ BENCHSTACK_HOME: home.path, ...settings });
  /** What a test that passes leaves running, for the next one: a start takes longer than most tests. */
  let left: Started | undefined;
  const takeOver = (settings: Record<string, string> = {}): Started => {
    const run = left ?? start(settings);
    left = undefined;
    return run;
  };
  const admin = async (run: Started) => personOf(await run.url(), "admin", password);

  const secrets = () => ({
    BENCHSTACK_ADMIN_PASSWORD: password,
    ANOTHER_URL: "postgres://somebody:secret@127.0.0.1/theirs",
  });

  /** Ctrl-C, and the end that has to follow. */
  async function stop(run: Started): Promise<void> {
    run.interrupt();
    assert.equal(await run.exitCode(), 0, run.output());
  }

  beforeAll(async () => {
    [home, elsewhere] = await Promise.all([temporaryFolder(), temporaryFolder()]);
    await copyPgliteDatabase(join(home.path, "database"));
    first = startWith({ BENCHSTACK_HOME: home.path }, ["npm", "start"]);
    await first.url();
    password = /admin with the password (\S+)/.exec(first.output())?.[1] ?? "";
    competition = await publishCompetition(await admin(first), bundleFiles({}, python(scoring, "scoring_program/")));
    first.interrupt();
    await first.exitCode();
  });
  afterEach(() => killAll(left));
  afterAll(async () => {
    await killAll();
    await Promise.all([home.remove(), elsewhere.remove()]);
  });

  /** Waits until an attempt at a submission is so far that its scoring program waits to be let go. */
  async function waiting(person: Person, id: number, attempt: number): Promise<void> {
    const isWaiting = async () => {
      const log = await person.client.log(id, "scoring_stdout", { offset: 0 });
      return log.attempt === attempt && log.text === "waiting\n";
    };
    await waitFor(`the scoring program of attempt ${attempt} to run`, isWaiting);
  }

  async function submitAndWait(person: Person, answer: string): Promise<number> {
    const id = await submit(person, competition.phases[0]!.id, { "answer.txt": answer });
    await waiting(person, id, 1);
    return id;
  }

  const outcomes = ({ attempts }: SubmissionDetails) => attempts.map(({ outcome }) => outcome);

  /** Holds a submission to having finished with just its scores, and to being the one on the leaderboard. */
  async function assertScoredOnce(person: Person, id: number, answer: string): Promise<void> {
    const submission = await ended(person, id);
    assert.equal(submission.status, "Finished", submission.status_details ?? "");
    const scores = submission.scores.map(({ column_key, score }) => [column_key, Number(score)]);
    assert.deepEqual(scores, [["accuracy", Number(answer)]]);
    const board = await person.client.leaderboard(competition.phases[0]!.id);
    assert.deepEqual(
      board.submissions.map((row) => row.id),
      [id],
    );
    assert.deepEqual(
      board.submissions[0]?.scores.map(({ score }) => Number(score)),
      [Number(answer)],
    );
  }

  it("ends with npm at Ctrl-C, and the home is free again", async () => {
    assert.match(first.output(), /^> node .*start\.ts$/m);
    assert.match(first.output(), /Stopping after running submissions have finished/);
    left = takeOver(secrets());
    await left.url();
  });

  it("shows the superuser's password when it made one, never again, and keeps it from its worker", async () => {
    assert.equal(first.output().split(password).length, 2, first.output());
    assert.ok(password.length >= 12);
    const run = takeOver(secrets());
    await admin(run);
    assert.doesNotMatch(run.output(), /password/i);
    const environment = readFileSync(`/proc/${await run.worker()}/environ`, "utf8").split("\0");
    assert.ok(environment.some((variable) => variable.startsWith("BENCHSTACK_WORKER_TOKEN=")));
    assert.deepEqual(
      environment.filter((variable) => /DATABASE_URL=|PASSWORD|postgres/.test(variable)),
      [],
    );
    left = run;
  });

  it("refuses a home that another one has open, in a sentence, and the other one goes on", async () => {
    const run = takeOver();
    await run.url();
    const link = join(elsewhere.path, "link");
    await symlink(home.path, link);
    const others: Record<string, string>[] = [{}, { BENCHSTACK_HOME: link, TMPDIR: elsewhere.path }];
    for (const other of others) {
      const second = start(other);
      assert.equal(await second.exitCode(), 1, second.output());
      assert.match(
        second.output(),
        /Another Benchstack platform is running with its home in .*Stop it, or set BENCHSTACK_HOME/,
      );
      assert.doesNotMatch(second.output(), /\n\s+at /);
    }
    await admin(run);
    left = run;
  });

  it("refuses a port that is in use, in a sentence", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const run = start({ BENCHSTACK_HOME: join(elsewhere.path, "home"), PORT: String(port) });
      assert.equal(await run.exitCode(), 1, run.output());
      assert.match(run.output(), new RegExp(`Port ${port} is in use\\. Set PORT`));
      assert.doesNotMatch(run.output(), /\n\s+at /);
    } finally {
      server.close();
    }
  });

  it("says all that is wrong with its settings, in words", async () => {
    const run = start({
      PORT: "high",
      BENCHSTACK_LAUNCHER: "podman",
      BENCHSTACK_PUBLIC_URL: "https://example.org/bench",
    });
    assert.equal(await run.exitCode(), 1, run.output());
    assert.deepEqual(run.output().trim().split("\n"), [
      "PORT must be a whole number from 0 to 65535",
      "BENCHSTACK_PUBLIC_URL must be an address without a path",
      "BENCHSTACK_LAUNCHER must be auto or docker or sandbox",
    ]);
  });

  it("refuses Docker without an engine, in a sentence", async () => {
    const run = start({ BENCHSTACK_LAUNCHER: "docker", DOCKER_HOST: "unix:///nowhere.sock" });
    assert.equal(await run.exitCode(), 1, run.output());
    assert.match(run.output(), /BENCHSTACK_LAUNCHER is docker, but no container engine answers/);
    assert.doesNotMatch(run.output(), /\n\s+at |ready/);
  });

  it("has another worker finish the run when only its worker is killed", async () => {
    const run = takeOver();
    const person = await admin(run);
    const id = await submitAndWait(person, "0.12");
    process.kill(await run.worker(), "SIGKILL");
    await waiting(person, id, 2);
    await letGo(home.path);
    await assertScoredOnce(person, id, "0.12");
    assert.deepEqual(outcomes(await person.client.submissionDetails(id)), ["failed", "succeeded"]);
    left = run;
  });

  it("finishes what runs at the first Ctrl-C, and then ends well", async () => {
    const run = takeOver();
    const person = await admin(run);
    const id = await submitAndWait(person, "0.25");
    run.interrupt();
    await waitFor("it to say so", () => run.output().includes("Stopping after running submissions have finished"));
    assert.equal((await person.client.submission(id)).status, "Running");
    await letGo(home.path);
    assert.equal(await run.exitCode(), 0, run.output());

    const again = start();
    const later = await admin(again);
    await assertScoredOnce(later, id, "0.25");
    assert.deepEqual(outcomes(await later.client.submissionDetails(id)), ["succeeded"]);
    left = again;
  });

  it("stops at once at the second Ctrl-C, and runs again what it had stopped at the next start", async () => {
    const run = takeOver();
    const id = await submitAndWait(await admin(run), "0.5");
    run.interrupt();
    await waitFor("it to say so", () => run.output().includes("Stopping"));
    await stop(run);

    const again = start();
    const person = await admin(again);
    await waiting(person, id, 2);
    await letGo(home.path);
    await assertScoredOnce(person, id, "0.5");
    assert.deepEqual(outcomes(await person.client.submissionDetails(id)), ["released", "succeeded"]);
    left = again;
  });

  it("killed with its worker in the middle of a run, finishes the run at the next start, with one set of scores", async () => {
    const run = takeOver();
    const id = await submitAndWait(await admin(run), "0.75");
    await run.kill();

    const again = start();
    const person = await admin(again);
    await waiting(person, id, 2);
    await letGo(home.path);
    await assertScoredOnce(person, id, "0.75");
    assert.deepEqual(outcomes(await person.client.submissionDetails(id)), ["failed", "succeeded"]);
    left = again;
  });

  it("takes its worker along when it is killed alone, and finishes the run at the next start", async () => {
    const run = takeOver();
    const id = await submitAndWait(await admin(run), "0.62");
    const worker = await run.worker();
    run.killPlatform();
    await run.exitCode();
    await waitFor("the worker to end", () => !existsSync(`/proc/${worker}`));

    const again = start();
    const person = await admin(again);
    await waiting(person, id, 2);
    await letGo(home.path);
    await assertScoredOnce(person, id, "0.62");
    await stop(again);
  });
});
