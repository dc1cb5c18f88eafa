import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { claim, failAttempt } from "../../../lambdas/jobs/service/attempts.ts";
import type { Competition } from "../../../client/api-client.ts";
import { bundleFiles, inDays, phase, register, submit, upload } from "../../support/competitions.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { boardWithRule, expect, openLabWithPeople, phaseOf, shownTo, twoTasks, type Lab } from "../support/lab.ts";
import { makeOrganization } from "../accounts/organization-lab.ts";
import { temporaryFolder } from "../../support/files.ts";
import { benchstack, benchstackHere } from "./run-benchstack.ts";

describe("benchstack for organizers", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  let competition: Competition;
  beforeAll(async () => {
    ({ lab, alice, bob, eve } = await openLabWithPeople());
    competition = await lab.competition({
      registration_auto_approve: false,
      phases: [phase({ max_submissions: 1, max_submissions_per_day: 1 })],
    });
    await register(competition, alice, bob);
  });
  afterAll(() => lab.close());

  const as = (person: Person, ...args: string[]) =>
    benchstackHere(args, { BENCHSTACK_URL: lab.url, BENCHSTACK_TOKEN: person.token });
  /** What a command of the organizer's prints as JSON, or whoever's. */
  const json = async <Answer>(args: (string | number)[], person = lab.organizer): Promise<Answer> => {
    const { code, out, errors } = await as(person, ...args.map(String), "--json");
    assert.equal(code, 0, errors);
    return JSON.parse(out) as Answer;
  };
  const says = async (pattern: RegExp, ...args: (string | number)[]) => {
    const { code, out, errors } = await as(lab.organizer, ...args.map(String));
    assert.equal(code, 0, errors);
    assert.match(out, pattern);
  };
  const refused = async (person: Person, ...args: (string | number)[]) => {
    const { code, out, errors } = await as(person, ...args.map(String));
    assert.deepEqual([code, out], [3, ""], errors);
  };
  const misused = async (pattern: RegExp, ...args: string[]) => {
    const { code, out, errors } = await as(lab.organizer, ...args);
    assert.equal(code, 2, errors);
    assert.match(out + errors, pattern);
  };
  const unknown = async (expected: string, pattern: RegExp, ...args: string[]) => {
    const { code, out, errors } = await as(lab.organizer, ...args, "--json");
    assert.equal(code, 3, errors);
    const { error } = JSON.parse(out) as { error: { code: string; message: string } };
    assert.equal(error.code, expected);
    assert.match(error.message, pattern);
  };
  interface Participant {
    id: number;
    username: string;
    status: string;
  }
  const participant = async (who: Person) =>
    (await json<Participant[]>(["participants", competition.id, "--search", who.username]))[0]!.id;
  const phaseId = () => phaseOf(competition);
  interface Event {
    kind: string;
    reason: string | null;
  }
  const newest = async (...of: (string | number)[]) => (await json<Event[]>(["audit", ...of]))[0];

  it("lists participants, also as a table, and approves and denies them, with why on the audit trail", async () => {
    const found = await json<Participant[]>(["participants", competition.id, "--status", "pending"]);
    assert.deepEqual(found.map(({ username }) => username).sort(), [alice.username, bob.username].sort());
    await says(
      new RegExp(`^Denied ${await participant(alice)}, ${await participant(bob)}\\.\\n$`),
      "deny",
      `${await participant(alice)},${await participant(bob)}`,
    );
    await says(
      /^Approved \d+\.\nSkipped 999999: There is no such participant\.\n$/,
      "approve",
      `${await participant(bob)},999999`,
    );
    await says(/^Denied/, "deny", await participant(bob));
    await says(
      /^Mail to 2 people is on its way\.\n$/,
      "mail-participants",
      competition.id,
      "Hello",
      "--status",
      "denied,pending",
    );
    await refused(eve, "mail-participants", competition.id, "Hello");
    await says(/^Approved/, "approve", await participant(alice), "--reason", "weil’s stimmt");
    assert.deepEqual(
      [(await newest("competition", competition.id))!.kind, (await newest("competition", competition.id))!.reason],
      ["participant.approved", "weil’s stimmt"],
    );
    await says(
      /^Participant ID,Username,.*\r\n.*denied/s,
      "participants",
      competition.id,
      "--csv",
      "--status",
      "denied",
    );
    await refused(eve, "participants", competition.id);
    await misused(/not both/, "participants", String(competition.id), "--csv", "--json");
    await misused(/An id is a number/, "approve", "alice");
  });

  it("accepts names in place of ids where only one thing has the name", async () => {
    const own = await lab.competition(
      { title: "The only one", phases: [phase({ name: "Final", max_submissions_per_day: 5 })] },
      alice,
      bob,
    );
    const title = "the only ONE";
    assert.equal((await json<Competition>(["competition", title])).id, own.id);
    assert.deepEqual((await json<{ title: string }>(["leaderboard", `${title}/final`])).title, "Results");
    assert.deepEqual(await json(["submissions", title]), []);
    assert.equal((await json<{ left_today: number }>(["before-submitting", `${title}/final`])).left_today, 5);
    assert.deepEqual((await json<{ points: unknown[] }>(["score-history", `${title}/final`])).points, []);
    assert.equal((await json<{ location: string }>(["change-profile", "--location", "Here"])).location, "Here");
    await says(/^ *organizes +.*The only one/m, "profile");
    await says(/^Denied \d+\.\n$/, "deny", bob.username, "--competition", title);
    await unknown("NO_SUCH_COMPETITION", /no competition with the name/, "competition", "The only");
    await says(/^Grant \d+/, "grant", `${title}/final`, alice.username, "--per-day", 1);
    await misused(/name the phase as COMPETITION\/PHASE/, "grant", String(phaseOf(own)), alice.username);
    await unknown("NO_SUCH_PARTICIPANT", /no participant with the name/, "grant", `${title}/final`, eve.username);
    assert.deepEqual(await json(["leave", own.id, "--yes"], alice), { left: own.id });
    await refused(alice, "leave", own.id, "--yes");
    await misused(/Leave the competition .* Give --yes/, "leave", title);
    await unknown("NO_SUCH_PHASE", /no phase with the name "x"\. There are: Final\./, "leaderboard", `${title}/x`);
    await lab.competition({ title: "The only one" });
    await misused(/Several competitions have the name/, "competition", title);
  });

  it("tells columns of one title apart by their keys", async () => {
    const f1 = { title: "Accuracy", key: "f1", index: 1 };
    const competition = await lab.competition(boardWithRule("Force_Best", [f1]), alice);
    await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 0.5, f1: 0.25 } });
    await says(
      /Accuracy \(accuracy\) +Accuracy \(f1\)[^]*ranked by Accuracy \(accuracy\)/,
      "leaderboard",
      phaseOf(competition),
    );
  });

  it("publishes, changes and deletes a competition, chooses its queue, and changes a phase", async () => {
    const { id } = await lab.competition({ title: "Work in progress" });
    const isPublic = async () => (await json<{ published: boolean }>(["competition", id])).published;
    await says(/is private now/, "unpublish", id);
    await says(/is private now/, "unpublish", "Work in progress");
    assert.equal(await isPublic(), false);
    await says(/is public now/, "publish", id);
    assert.equal(await isPublic(), true);
    const queue = await json<{ id: string }>(["create-queue", "Fast"]);
    const changed = await json<{ title: string; queue: { id: string } }>([
      ...["change-competition", id, "--queue", "fast", "--title", "Done"],
    ]);
    assert.deepEqual([changed.title, changed.queue.id], ["Done", queue.id]);
    const back = await json<{ queue: unknown }>(["change-competition", id, "--queue", "default"]);
    assert.equal(back.queue, null);
    const backwards = await as(lab.organizer, "change-phase", "Done/Only phase", "--end", "2001-01-01 10:00");
    assert.deepEqual([backwards.code, /Warning: .*ends before it starts/.test(backwards.errors)], [0, true]);
    await misused(/at least one setting/, "change-competition", String(id));
    await says(
      /end \(UTC\) +2031-01-02 10:00\n.*submissions per day +7\n.*submissions in all +no limit/s,
      ...["change-phase", "Done/Only phase", "--end", "2031-01-02 10:00", "--per-day", 7, "--in-all", "none"],
    );
    await misused(/must be a number or none/, "change-phase", "Done/Only phase", "--per-day", "many");
    await refused(alice, "change-phase", "Done/Only phase", "--per-day", "7");
    await refused(lab.organizer, "migrate", "Done/Only phase");
    await misused(/Delete the competition .* Give --yes/, "delete-competition", String(id));
    await refused(alice, "delete-competition", id, "--yes");
    await says(/is deleted/, "delete-competition", id, "--yes");
    await refused(lab.organizer, "competition", id);
  });

  it("puts a submission on the leaderboard and takes it off", async () => {
    const columns = [{ title: "Accuracy", key: "accuracy", index: 0 }];
    const own = await lab.competition({
      leaderboards: [{ title: "Results", key: "main", submission_rule: "Add_And_Delete", columns }],
    });
    await register(own, alice);
    const id = await lab.submitted(alice, phaseOf(own), { scores: { accuracy: 0.5 } });
    assert.equal((await shownTo(alice, id)).status, "Finished");
    const ranked = async () =>
      (await json<{ submissions: { id: number }[] }>(["leaderboard", phaseOf(own)])).submissions.map((one) => one.id);
    await says(/is on the leaderboard now/, "rank", id);
    assert.deepEqual(await ranked(), [id]);
    await says(/is off the leaderboard now/, "unrank", id);
    assert.deepEqual(await ranked(), []);
    await refused(eve, "rank", id);
  });

  it("lists children below their parent, ranks them together, and migrates each submission once", async () => {
    const own = await lab.competition(
      {
        title: "Two tasks",
        tasks: twoTasks.tasks,
        phases: [
          phase({ tasks: [0, 1], end: inDays(1) }),
          phase({ index: 1, name: "Next", start: inDays(2), tasks: [0, 1] }),
        ],
        ...boardWithRule("Add_And_Delete"),
      },
      alice,
    );
    const id = await lab.submitted(alice, phaseOf(own), { scores: { accuracy: 0.5 } });
    const [first, second] = (await shownTo(alice, id)).children;
    await says(
      new RegExp(
        `^ *${id} .* - .*\n *└ ${first!} .*First .*accuracy 0\\.5.*\n *└ ${second!} .*Second .*accuracy 0\\.5`,
        "m",
      ),
      "submissions",
      phaseOf(own),
    );
    await says(new RegExp(`^Submission ${id}, to which ${first!} belongs, is on the leaderboard now`), "rank", first!);
    await says(/^1 submission runs in the next phase now/, "migrate", phaseOf(own));
    await says(/^No submissions were copied/, "migrate", phaseOf(own));
  });

  it("grants submissions, lists what is granted, and takes it back", async () => {
    const id = await lab.submitted(alice, phaseId(), { scores: { accuracy: 0.5 } });
    assert.equal((await shownTo(alice, id)).status, "Finished");
    const grant = await json<{ id: number }>([
      "grant",
      phaseId(),
      await participant(alice),
      "--per-day",
      1,
      "--in-all",
      2,
      "--reason",
      "ill",
    ]);
    await says(
      new RegExp(`${grant.id} .*${alice.username} +1 +2 +${lab.organizer.username} .*ill`),
      "grants",
      phaseId(),
    );
    await says(/^Grant revoked/, "take-back", phaseId(), grant.id);
    await says(/^No additional submissions/, "grants", phaseId());
    await refused(eve, "grant", phaseId(), 1, "--in-all", 1);
    await refused(lab.organizer, "take-back", phaseId(), grant.id);
  });

  it("blinds a phase and unblinds it", async () => {
    await says(/Only organizers see/, "blind", phaseId());
    assert.deepEqual(await json(["unblind", phaseId(), "--reason", "it is over"]), { blind: false });
    assert.deepEqual(
      await newest("competition", competition.id, "--kind", "phase.unblinded").then((event) => event?.reason),
      "it is over",
    );
    await refused(alice, "blind", phaseId());
  });

  it("shows the logs of a submission, one's own submissions, runs them again, and deletes them", async () => {
    const [own] = await json<{ id: number }[]>(["submissions", phaseId(), "--mine"], alice);
    const id = own!.id;
    assert.deepEqual(await json(["submissions", phaseId(), "--mine"]), []);
    await says(/^log of scoring\n$/, "logs", id, "scoring_stdout");
    await says(/^== prediction_stdout ==\nlog of prediction\n== scoring_stdout ==\nlog of scoring\n$/, "logs", id);
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
    await says(
      new RegExp(`^${time} prediction_stdout: log of prediction\n${time} scoring_stdout: log of scoring\n$`),
      ...["logs", id, "--times"],
    );
    await refused(eve, "logs", id);
    await misused(/STREAM must be one of/, "logs", String(id), "stdout");
    const { id: again } = await json<{ id: number }>(["rerun", id, "--reason", "a better image"]);
    assert.equal((await newest("competition", competition.id, "--kind", "submission.rerun"))!.reason, "a better image");
    await says(
      new RegExp(`^Cancelled ${again}\\.\nSkipped ${id}: Submission ${id} has already ended\\.\n$`),
      "cancel",
      `${again},${id}`,
    );
    assert.equal((await as(lab.organizer, "cancel", String(again))).code, 1, "it has ended already");
    const { key } = await expect<{ key: string }>(
      200,
      lab.organizer,
      "GET",
      `/api/tasks/${competition.phases[0]!.tasks[0]!.id}/`,
    );
    const { id: compared } = await json<{ id: number }>(["rerun", id, "--task", key]);
    await lab.runAll({ scores: { accuracy: 1 } });
    await says(/^2 submissions run again/, "rerun", `${id},${again}`);
    await lab.runAll({ scores: { accuracy: 1 } });
    await says(/^\d+ submissions run again/, "rerun-phase", phaseId());
    await lab.runAll({ scores: { accuracy: 1 } });
    await refused(alice, "rerun", id);
    await misused(/Give --yes/, "delete", String(id));
    await refused(eve, "delete", id, "--yes");
    await says(new RegExp(`^Deleted ${again}, ${compared}\\.\\n$`), "delete", `${again},${compared}`, "--yes");
    await refused(lab.organizer, "logs", again);
  });

  it("changes a queue: name, sharing, limits, draining; and deletes it", async () => {
    const { id } = await json<{ id: string }>(["create-queue", "Lab"]);
    await says(
      /accepts submissions +no \(drained\)/,
      "change-queue",
      id,
      "--drain",
      "--max-running",
      2,
      "--reason",
      "moving house",
    );
    assert.deepEqual(
      (await json<Event[]>(["audit", "queue", id])).map(({ kind, reason }) => [kind, reason]),
      [
        ["queue.drained", "moving house"],
        ["queue.changed", "moving house"],
        ["queue.created", null],
      ],
    );
    const changed = await json<{
      name: string;
      is_public: boolean;
      accepts_jobs: boolean;
      max_running: number | null;
      organizers: { username: string }[];
    }>([
      "change-queue",
      id,
      "--name",
      "Other lab",
      "--public",
      "--reopen",
      "--max-running",
      "none",
      "--max-submission-bytes",
      5_000_000_000,
      "--share",
      `${bob.username},${eve.username}`,
    ]);
    assert.deepEqual(
      [changed.name, changed.is_public, changed.accepts_jobs, changed.max_running],
      ["Other lab", true, true, null],
    );
    assert.deepEqual(changed.organizers.map(({ username }) => username).sort(), [bob.username, eve.username].sort());
    await says(
      new RegExp(`shared with +${bob.username}\\n`),
      "change-queue",
      id,
      "--unshare",
      eve.username,
      "--private",
    );
    await misused(/Give at least one setting/, "change-queue", id);
    await misused(/not both/, "change-queue", id, "--public", "--private");
    await misused(/must be a number or none/, "change-queue", id, "--max-running", "many");
    await unknown("NO_SUCH_USER", /no other user/, "change-queue", id, "--share", "nobody-at-all");
    await misused(/is not shared with/, "change-queue", id, "--unshare", eve.username);
    await refused(bob, "change-queue", id, "--drain");
    assert.equal((await json<Event[]>(["audit", "queue", id], bob)).length > 0, true, "it is shared with bob");
    await says(/^Queue deleted/, "delete-queue", id, "--yes");
    await refused(lab.organizer, "change-queue", id, "--drain");
  });

  it("lists the hosts that may be requested for a queue (A-303)", async () => {
    await says(/starts no hosts on request/, "capacity-offer");
    const g5 = { cpu: 4096, memoryMiB: 15_000, gpus: 1 };
    lab.inside.environment.HOST_OFFER = { types: { "g5.xlarge": g5 }, maxHosts: 4, diskGiB: 100, approvedUsd: 20 };
    await says(/g5\.xlarge +4 +14\.6 +1 +\d\.\d{4} +\d\.\d{4}/, "capacity-offer");
    lab.inside.environment.HOST_OFFER = undefined;
  });

  it("lists what is in quarantine with why, replays and drops it", async () => {
    const queue = await json<{ id: string }>(["create-queue", "Brittle", "--public"]);
    const own = await lab.competition({ queue: queue.id }, alice);
    const worker = {
      id: "w",
      instance: "i",
      host: "box-1",
      launcher: "docker",
      capabilities: { outlivesWorker: false },
      slots: 1,
      version: "1",
    };
    const lose = async () => {
      for (let i = 0; i < 3; i++) {
        const manifest = (await claim(lab.inside, jobOwners, queue.id, worker))!;
        await failAttempt(lab.inside, jobOwners, manifest.attempt.id, {
          code: "WORKER_LOST",
          message: "The worker went silent.",
          step: null,
        });
      }
    };
    const id = await submit(alice, phaseOf(own), Buffer.from("x"));
    await says(/^No jobs are in quarantine/, "quarantine", queue.id);
    await lose();
    const [{ job, submission } = { job: "", submission: 0 }] = await json<{ job: string; submission: number }[]>([
      "quarantine",
      queue.id,
    ]);
    assert.equal(submission, id);
    await says(new RegExp(`${job} +${id} .*box-1 +WORKER_LOST: The worker went silent`), "quarantine", queue.id);
    await says(/^The job is in the queue again/, "replay", queue.id, job, "--reason", "the box has memory now");
    assert.equal((await shownTo(alice, id)).status, "Submitted");
    await lose();
    await says(/^Job dropped/, "drop", queue.id, job, "--yes");
    await refused(lab.organizer, "replay", queue.id, job);
    await refused(alice, "quarantine", queue.id);
    assert.deepEqual(
      (await json<Event[]>(["audit", "queue", queue.id, "--subject", "job"])).map(({ kind, reason }) => [kind, reason]),
      [
        ["job.dropped", null],
        ["job.replayed", "the box has memory now"],
      ],
    );
  });

  it("hands things over, and exports and deletes accounts (A-211, A-215)", async () => {
    const [owner, heir] = [await lab.newPerson(), await lab.newPerson()];
    const { id } = await lab.newCompetition(owner, bundleFiles({ title: "An heirloom" }));
    const done = async (person: Person, pattern: RegExp, ...args: (string | number)[]) => {
      const { code, out, errors } = await as(person, ...args.map(String));
      assert.equal(code, 0, errors);
      assert.match(out, pattern);
    };
    await refused(eve, "hand-over", "competition", id, heir.username);
    await misused(/KIND must be/, "hand-over", "phase", "1", heir.username);
    await done(
      owner,
      /is offered to .* The offer has the id/s,
      "hand-over",
      "competition",
      "An heirloom",
      heir.username,
    );
    const [declined] = await json<{ id: string }[]>(["hand-overs"], heir);
    await done(heir, /^The offer is gone/, "decline-hand-over", declined!.id);
    await done(owner, /^There are no offers/, "hand-overs");
    await done(owner, /is offered/, "hand-over", "competition", id, heir.username, "--reason", "retires");
    const [offer] = await json<{ id: string }[]>(["hand-overs"], heir);
    await done(heir, /^The competition \d+ is yours/, "accept-hand-over", offer!.id);

    const folder = await temporaryFolder();
    const saved = await json<{ files: string[] }>(["export-account", join(folder.path, "data")], heir);
    assert.deepEqual(
      saved.files.map((file) => basename(file)),
      ["account.zip", "files-001.zip"],
    );
    await folder.remove();

    const env = { BENCHSTACK_URL: lab.url, BENCHSTACK_TOKEN: owner.token };
    const wrong = await benchstack(["delete-account", "--yes"], { env, input: "wrong\n" });
    assert.equal(wrong.code, 3, wrong.errors);
    const asked = await benchstack(["delete-account", "--yes"], { env, input: `${owner.password}\n` });
    assert.equal(asked.code, 0, asked.errors);
    assert.match(asked.out, /^A mail is on its way/);
    await done(owner, /^Your account stays/, "keep-account");
  });

  it("reads audit trails: of a competition, a queue, an organization and the platform, as a list and as a table", async () => {
    const organization = await makeOrganization(lab.organizer, "Makers");
    await says(/organization\.created +organization \d+ +.*name: "Makers"/, "audit", "organization", organization.id);
    await says(/^id,created_when,actor,kind,/, "audit", "competition", competition.id, "--csv");
    const all = await json<{ id: number; kind: string }[]>(["audit", "competition", competition.id]);
    const before = await json<{ id: number }[]>(["audit", "competition", competition.id, "--before", all[1]!.id]);
    assert.deepEqual(before, all.slice(2, 2 + before.length));
    await refused(lab.organizer, "audit", "platform");
    assert.equal((await json<Event[]>(["audit", "platform"], lab.admin)).at(-1)!.kind, "user.created");
    await refused(eve, "audit", "competition", competition.id);
    await misused(/OF must be one of/, "audit", "phase", "1");
    await misused(/Give the ID of the competition/, "audit", "competition");
    await unknown("NO_SUCH_COMPETITION", /must be a number/, "audit", "competition", "x");
  });

  it("shows what is stored, cleans up after listing it, and lets administrators look at the store (A-249 to A-255)", async () => {
    const key = await upload(lab.organizer, "input_data", Buffer.from("of no use"));
    await sql`update datasets set created_when = created_when - interval '2 days' where key = ${key}`.execute(
      lab.inside.db,
    );
    await says(
      /^You use [\d.]+ \w+ of the 15 GB that you may store\.\n[^]*competition bundles[^]*clean-up WHAT[^]*datasets +1 +9 bytes/,
      "storage",
    );
    await says(/input_data|file|zip[^]*9 bytes[^]*1 in all, with 9 bytes/, "storage", "datasets");
    await says(/^1 deleted, with 9 bytes\.\n$/, "clean-up", "datasets", "--yes");
    await says(/^There is nothing to clean up/, "storage", "datasets");
    await misused(/WHAT must be one of tasks, datasets/, "clean-up", "everything", "--yes");

    await refused(lab.organizer, "admin", "storage");
    const people = await json<{ results: { username: string }[] }>(["admin", "storage"], lab.admin);
    assert.ok(people.results.some(({ username }) => username === lab.organizer.username));
    const competitions = await json<{ results: { id: number }[] }>(["admin", "storage", "competitions"], lab.admin);
    assert.ok(competitions.results.some(({ id }) => id === competition.id));
    await json(["admin", "inspect-storage", "--now"], lab.admin);
    await waitFor("the inspection to end", async () => {
      const { finished } = await json<{ finished: object | null }>(["admin", "inspect-storage"], lab.admin);
      return finished !== null;
    });
    assert.deepEqual(
      (await json<{ results: unknown[] }>(["admin", "storage-findings", "orphans"], lab.admin)).results,
      [],
    );
    assert.equal((await as(lab.admin, "admin", "delete-orphans", "--yes", "--reason", "to try it")).code, 0);
    const { kind, reason } = (await json<Event[]>(["audit", "platform"], lab.admin))[0]!;
    assert.deepEqual([kind, reason], ["store.cleaned", "to try it"]);
  });
});
