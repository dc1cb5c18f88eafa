import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text as consumed } from "node:stream/consumers";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition, Leaderboard, Submission } from "../../../client/api-client.ts";
import {
  bundleFiles,
  phase as phaseOf,
  publishCompetition,
  python,
  register,
  zip,
} from "../../support/competitions.ts";
import { repository, temporaryFolder } from "../../support/files.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { benchstack, benchstackHere } from "./run-benchstack.ts";

/** Prints in two pieces, and scores the number in the submission. */
const scorer = [
  "import json, sys",
  "answer = open('/app/input/res/answer.txt').read().strip()",
  "print('the answer is', answer)",
  "print('that was it', end='')",
  "json.dump({'accuracy': float(answer), 'duration': 1}, open('/app/output/scores.json', 'w'))",
].join("\n");

describe("benchstack with a platform", () => {
  let platform: TestPlatform;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let organizer: Person;
  let ada: Person;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "sandbox", slots: 2 } });
    folder = await temporaryFolder();
    organizer = await platform.newPerson();
    ada = await platform.newPerson();
  });
  afterAll(async () => {
    await platform.close();
    await folder.remove();
  });

  const loginOf = ({ token }: Person) => ({ BENCHSTACK_URL: `${platform.url}/`, BENCHSTACK_TOKEN: token });
  const as =
    (person: Person) =>
    (...args: string[]) =>
      benchstackHere(args, loginOf(person));
  const json = async <Answer>(ended: ReturnType<typeof benchstackHere>): Promise<Answer> => {
    const { code, out, errors } = await ended;
    assert.equal(code, 0, errors);
    return JSON.parse(out) as Answer;
  };
  const file = async (name: string, content: Buffer | string) => {
    await writeFile(join(folder.path, name), content);
    return join(folder.path, name);
  };
  const answer = async (text: string) => file(`${text}.zip`, await zip({ "answer.txt": text }));

  let competition: Competition | undefined;
  const organized = async () => {
    if (competition) return competition;
    const bundle = await file("bundle.zip", await zip(bundleFiles({}, python(scorer, "scoring_program/"))));
    const { resulting_competition: id } = await json<{ resulting_competition: number }>(
      as(organizer)("create", bundle, "--publish", "--json"),
    );
    competition = await json<Competition>(as(organizer)("competition", String(id), "--json"));
    assert.equal((await as(ada)("register", String(id))).out, "Your registration is approved.\n");
    return competition;
  };
  const phase = async () => String((await organized()).phases[0]!.id);

  it("logs in with a password from standard input, and stays so, in a file of the person's alone", async () => {
    const env = { XDG_CONFIG_HOME: join(folder.path, "config"), BENCHSTACK_URL: "", BENCHSTACK_TOKEN: "" };
    const run = (args: string[], input?: string) =>
      benchstack(args, { env, ...(input === undefined ? {} : { input }) });
    const nobody = await run(["whoami"]);
    assert.deepEqual([nobody.code, /not logged in/.test(nobody.errors)], [3, true]);
    const wrong = await run(["login", platform.url, "--username", ada.username], "not it\n");
    assert.deepEqual([wrong.code, wrong.out], [3, ""]);
    const { code, out, errors } = await run(
      ["login", `${platform.url}/`, "--username", ada.username],
      `${ada.password}\n`,
    );
    assert.equal(code, 0, errors);
    assert.ok(!(out + errors).includes(ada.password));
    assert.equal((await stat(join(env.XDG_CONFIG_HOME, "benchstack/login.json"))).mode & 0o777, 0o600);
    assert.match(
      (await run(["whoami"])).out,
      new RegExp(`^${ada.username} .* on ${platform.url}\n\\d+ files with .* are stored`),
    );
    const { token } = JSON.parse(await readFile(join(env.XDG_CONFIG_HOME, "benchstack/login.json"), "utf8")) as {
      token: string;
    };
    const login = ["login", platform.url, "--username", ada.username];
    assert.equal((await run(login, `${ada.password}\n`)).code, 0);
    const replaced = await benchstack(["whoami"], { env: { BENCHSTACK_URL: platform.url, BENCHSTACK_TOKEN: token } });
    assert.equal(replaced.code, 3, "a new login ends the one before");
    const listed = await run(["logins"]);
    assert.match(listed.out, /token \(this\) .* benchstack\/\d+\.\d+\.\d+ \(linux \w+\)/);

    const forAddress = { ...env, BENCHSTACK_URL: `${platform.url}/` };
    assert.equal((await benchstack(["whoami"], { env: forAddress })).code, 0, "the stored login is for this address");
    const { token: other } = await ada.client.request<{ token: string }>("POST", "/api/tokens/", { name: "other" });
    const out2 = await benchstack(["logout"], { env: { ...forAddress, BENCHSTACK_TOKEN: other } });
    assert.match(out2.out, /^The token in BENCHSTACK_TOKEN is revoked/);
    assert.equal((await benchstack(["whoami"], { env: { ...forAddress, BENCHSTACK_TOKEN: other } })).code, 3);
    assert.equal((await run(["whoami"])).code, 0, "the stored login stays");
    const elsewhere = await benchstack(["logout"], { env: { ...env, BENCHSTACK_URL: "http://127.0.0.1:1" } });
    assert.match(elsewhere.out, /^Nobody is logged in to http:\/\/127\.0\.0\.1:1 .* stored login is for .* and stays/);
    assert.equal((await run(["whoami"])).code, 0, "the login of another address stays");
    assert.deepEqual([(await run(["logout"])).code, (await run(["whoami"])).code], [0, 3]);
    assert.equal((await run(["logout"])).out, "Nobody is logged in on this machine.\n");
    const file = join(env.XDG_CONFIG_HOME, "benchstack/login.json");
    await writeFile(file, JSON.stringify({ url: "http://127.0.0.1:1", token: "bst_x" }));
    const unreachable = await run(["logout"]);
    assert.deepEqual([unreachable.code, unreachable.out], [4, ""]);
    assert.match(unreachable.errors, /You are still logged in[^]*logout --forget[^]*cannot be reached/);
    assert.ok((await readFile(file, "utf8")).includes("bst_x"), "the login stays");
    const forgotten = await run(["logout", "--forget"]);
    assert.match(forgotten.out, /^Logged out on this machine\. Its token was not revoked/);
    await assert.rejects(readFile(file));
    await writeFile(join(env.XDG_CONFIG_HOME, "benchstack/login.json"), "{");
    const damaged = await run(["logout"]);
    assert.deepEqual([damaged.code, /was not revoked/.test(damaged.out)], [0, true], damaged.errors);
    assert.match((await run(["whoami"])).errors, /You are not logged in/);
  });

  it("makes a token that can do less, lists logins, ends them, and changes the password (A-161, A-163)", async () => {
    const person = await platform.newPerson();
    const run = as(person);
    const { out } = await run("create-api-token", "nightly", "--scopes", "read", "--days", "3");
    const env = { BENCHSTACK_URL: platform.url, BENCHSTACK_TOKEN: out.trim() };
    assert.equal((await benchstack(["whoami"], { env })).code, 0);
    const refused = await benchstack(["create-queue", "q"], { env });
    assert.deepEqual([refused.code, /scope worker/.test(refused.errors)], [3, true], refused.errors);
    assert.equal((await run("create-api-token", "x", "--days", "1000")).code, 2);
    const listed = await run("logins");
    assert.match(listed.out, /token {2,}nightly {2,}read {2,}20/);
    assert.match(listed.out, /token \(this\) {2,}- {2,}all/);
    const { tokens } = await json<{ tokens: { id: string; name: string }[] }>(run("logins", "--json"));
    const { id } = tokens.find(({ name }) => name === "nightly")!;
    assert.equal((await run("end-login", id)).out, "The token is revoked.\n");
    assert.equal((await benchstack(["whoami"], { env })).code, 3);
    const own = { BENCHSTACK_URL: platform.url, BENCHSTACK_TOKEN: person.token };
    const change = (input: string) => benchstack(["change-password"], { env: own, input });
    assert.equal((await change("only one line\n")).code, 2);
    assert.equal((await change(`${person.password}\nanother long one\n`)).out, "The password is changed.\n");
  });

  it("signs up and is logged in then", async () => {
    const env = { XDG_CONFIG_HOME: join(folder.path, "other"), BENCHSTACK_URL: "", BENCHSTACK_TOKEN: "" };
    const args = ["signup", platform.url, "--username", "newcomer", "--email", "newcomer@example.org"];
    const { code, out, errors } = await benchstack(args, { env, input: "a password\n" });
    assert.equal(code, 0, errors);
    assert.match(out, /^The account newcomer is created\.\nLogged in/);
    assert.match((await benchstack(["whoami"], { env })).out, /^newcomer /);
    const missing = await benchstack(["signup", platform.url, "--username", "newcomer"], { env });
    assert.deepEqual([missing.code, /Give --email/.test(missing.errors)], [2, true]);
  });

  it("asks on a terminal, where the question stays visible; a token alone is a login", async () => {
    const command = `${process.execPath} ${join(repository, "cli/main.ts")}`;
    const shown = execFileSync("script", ["-qc", `${command} login ${platform.url} --json`, "/dev/null"], {
      input: `${ada.username}\n`,
      env: { ...process.env, XDG_CONFIG_HOME: join(folder.path, "config"), TERM: "xterm" },
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.ok(shown.includes("\u001b[0JUsername: "), "what clears the line comes first");
    const alone = await benchstack(["whoami"], { env: { BENCHSTACK_URL: "", BENCHSTACK_TOKEN: "t" } });
    assert.doesNotMatch(alone.errors, /not logged in. Run/);
  });

  it("tells by its exit code that it was refused, or that there is no platform", async () => {
    const refused = await as(ada)("create-queue", "");
    assert.deepEqual([refused.code, refused.out], [3, ""]);
    assert.match(refused.errors, /\(\w+\)\n$/, "the code of the refusal");
    assert.equal((await as(ada)("competition", "999999")).code, 3);
    const asJson = await as(ada)("competition", "999999", "--json");
    assert.deepEqual(JSON.parse(asJson.out), {
      error: { code: "NO_SUCH_COMPETITION", message: "There is no such competition." },
    });
    const none = await benchstack(["whoami"], { env: { BENCHSTACK_URL: "http://127.0.0.1:1", BENCHSTACK_TOKEN: "t" } });
    assert.equal(none.code, 4);
    assert.match(none.errors, /cannot be reached/);
    const forgotten = await benchstack(["whoami"], {
      env: { BENCHSTACK_URL: platform.url, BENCHSTACK_TOKEN: "wrong" },
    });
    assert.deepEqual([forgotten.code, /benchstack login/.test(forgotten.errors)], [3, true]);
  });

  it("makes a competition of a bundle; a bundle with errors is reported, with exit code 1", async () => {
    const { id, title } = await organized();
    const found = await json<{ id: number; title: string }[]>(as(ada)("competitions", "--json"));
    assert.ok(found.some((one) => one.id === id && one.title === title));
    assert.match(
      (await as(organizer)("competitions", "--mine", "--search", "small")).out,
      new RegExp(`${id} .*${organizer.username}`),
    );
    const { code, out } = await as(organizer)(
      "create",
      await file("bad.zip", await zip(bundleFiles({ terms: "nowhere.md" }))),
    );
    assert.equal(code, 1);
    assert.match(out, /^error BND-25 at terms/m);
  });

  it("goes on with an upload in parts that was interrupted, of a folder too, and leaves no temporary files", async () => {
    const bundle = join(folder.path, "large");
    const temporary = join(folder.path, "temporary");
    await mkdir(temporary);
    for (const [name, content] of Object.entries(bundleFiles({}, { "data.bin": randomBytes(101_000_000) }))) {
      await mkdir(dirname(join(bundle, name)), { recursive: true });
      await writeFile(join(bundle, name), content);
    }
    const env = {
      XDG_CONFIG_HOME: join(folder.path, "config"),
      BENCHSTACK_URL: platform.url,
      BENCHSTACK_TOKEN: organizer.token,
      TMPDIR: temporary,
    };
    const uploads = async () =>
      (
        await organizer.client.request<{ results: { key: string; file_name: string }[] }>(
          "GET",
          "/api/datasets/?_type=bundle&page_size=100",
        )
      ).results.filter(({ file_name }) => file_name === "large.zip");
    const child = spawn(process.execPath, [join(repository, "cli/main.ts"), "create", bundle], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const said = consumed(child.stderr);
    await waitFor("a part to arrive", async () => {
      const [begun] = await uploads();
      return (
        begun &&
        (await organizer.client.request<{ received: number[] }>("GET", `/api/datasets/${begun.key}/multipart/`))
          .received.length > 0
      );
    });
    child.kill("SIGINT");
    assert.match(await said, /Repeat the command to continue it/);
    assert.deepEqual(await readdir(temporary), []);
    const { code, out, errors } = await benchstack(["create", bundle], { env });
    assert.equal(code, 0, out + errors);
    assert.equal((await uploads()).length, 1, "it was not begun anew");
  });

  it("submits, follows what the programs print, and ends with the scores", async () => {
    const args = ["submit", await phase(), await answer("0.5")];
    const { code, out, errors } = await benchstack(args, { env: loginOf(ada) });
    assert.equal(code, 0, errors);
    assert.match(out, /^Submission \d+ to A small competition \/ .+\n/);
    // A line that has no end is said last, and what the submission does may change before.
    assert.match(out, /^scoring stdout: the answer is 0\.5\n(?:\[.*\]\n)*scoring stdout: that was it\n/m, out);
    assert.match(out, /^\[Finished\]\nFinished\n {2}accuracy: 0\.5\n {2}duration: 1\n$/m);
    const board = await json<Leaderboard>(as(ada)("leaderboard", await phase(), "--json"));
    assert.deepEqual(
      board.submissions.map(({ owner }) => owner),
      [ada.username],
    );
    assert.match(
      (await as(ada)("leaderboard", await phase())).out,
      new RegExp(`^A small competition / .*1 +${ada.username} \\* +0\\.5`, "s"),
    );
    const other = await json<Leaderboard>(as(ada)("leaderboard", await phase(), "--board", board.key, "--json"));
    assert.deepEqual(other, board);
    assert.match((await as(ada)("submissions", await phase())).out, /Finished +accuracy 0\.5, duration 1 +yes/);
  });

  it("shows pages, terms and what is left of the limits, and downloads files and outputs", async () => {
    const { id } = await organized();
    assert.equal((await as(ada)("pages", String(id), "overview")).out, "# Overview\n");
    assert.match((await as(ada)("pages", String(id))).out, /1 +Overview/);
    assert.equal((await as(ada)("terms", "A small competition")).out, "Be fair.\n");
    assert.match((await as(ada)("competition", String(id))).out, /Left today.*\n.*\n.*no limit/);
    const { id: submission } = await json<Submission>(
      as(ada)("submit", "A small competition", await answer("0.75"), "--json"),
    );
    const target = join(folder.path, "outputs");
    const { files } = await json<{ files: string[] }>(as(ada)("download", String(submission), target, "--json"));
    const names = files.map((path) => path.slice(target.length + 1));
    assert.deepEqual(names.slice(0, 3), ["submission.zip", "prediction_output.zip", "scoring_output.zip"]);
    assert.equal(await readFile(join(target, "scoring_stdout.txt"), "utf8"), "the answer is 0.75\nthat was it");
    const again = await as(ada)("download", String(submission), target);
    assert.deepEqual([again.code, /exists already/.test(again.errors)], [1, true]);
    const unregistered = (await as(await platform.newPerson())("download-data", String(id), join(folder.path, "none")))
      .out;
    assert.match(
      unregistered,
      /^For participants only: scoring_program\.zip\. Register first with `benchstack register`/,
    );
    const data = join(folder.path, "data");
    const offered = await json<{ files: string[]; left_out: string[] }>(
      as(organizer)("download-data", String(id), data, "--json"),
    );
    assert.deepEqual([offered.files.length, offered.left_out], [1, []], "the scoring program is the organizer's own");
    const open = await json<{ files: string[]; left_out: string[] }>(
      as(ada)("download-data", String(id), data, "--json"),
    );
    assert.deepEqual([open.files, open.left_out], [[], ["scoring_program.zip"]]);
  });

  it("a submission that fails says why, with exit code 1", async () => {
    const { code, out } = await as(ada)("submit", await phase(), await answer("none"));
    assert.equal(code, 1);
    assert.match(out, /^scoring stderr: ValueError/m);
    assert.match(out, /^Failed: .*exited with code 1/m);
  });

  it("shows what programs print while they run, a progress bar too, and nothing that a terminal would obey", async () => {
    const program = [
      "import time",
      "print('\\033[2J\\033[31mbegun\\033[0m')",
      "print(' 10%\\r 20%\\r', end='', flush=True)",
      "while True: time.sleep(1)",
    ].join("\n");
    const endless = await file("endless.zip", await zip(python(program)));
    const child = spawn(process.execPath, [join(repository, "cli/benchstack.mjs"), "submit", await phase(), endless], {
      env: { ...process.env, BENCHSTACK_URL: platform.url, BENCHSTACK_TOKEN: ada.token },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    const code = new Promise((resolve) => child.on("exit", resolve));
    await waitFor("the output to appear", () => out.includes("prediction stdout:  20%\n"));
    assert.match(out, /^prediction stdout: ␛\[2Jbegun\n(?:\[.*\]\n)*prediction stdout:  20%\n/m);
    const [, id] = /^Submission (\d+)/.exec(out)!;
    child.kill("SIGINT");
    assert.equal(await code, 130);
    const cancelled = await as(ada)("cancel", id!);
    assert.equal(cancelled.code, 0, "it went on");
    assert.match(cancelled.out, /: (Cancelled\n|\w+\. Its programs are being stopped)/);
    const followed = await as(ada)("follow", id!);
    assert.deepEqual([followed.code, /^Cancelled$/m.test(followed.out)], [1, true]);
  });

  it("says how each task ended and which program failed, and that organizers hide the output", async () => {
    const picky = "assert open('/app/input/res/answer.txt').read() == 'x', 'this is no x'";
    const crash = "import sys; sys.exit('the ingestion broke')";
    const files = { ...python(picky, "picky/"), ...python(crash, "ingestion/") };
    const tasks = [
      { index: 0, name: "Easy", scoring_program: "scoring_program/" },
      { index: 1, name: "Hard", scoring_program: "picky/", ingestion_program: "ingestion/" },
    ];
    const phaseWith = async (settings: Record<string, unknown>) => {
      const made = await publishCompetition(organizer, bundleFiles({ tasks, phases: [phaseOf(settings)] }, files));
      await register(made, ada);
      return String(made.phases[0]!.id);
    };
    const open = await phaseWith({ tasks: [0, 1] });
    const secret = await phaseWith({ hide_output: true });
    const { code, out } = await as(ada)("submit", open, await answer("0.75"));
    assert.equal(code, 1, out);
    assert.match(out, /^Finished on 1 of 2 tasks only\nEasy: Finished\n {2}accuracy: 0\.75\n/m);
    const [, failure] = out.split("Hard: Failed: ");
    assert.match(
      failure!,
      /The ingestion program of the prediction step exited with code 1\..*\n {4}the ingestion broke\n(?:.*\n)*.*this is no x/,
    );
    const hidden = await as(ada)("submit", secret, await answer("0.5"), "--json");
    assert.equal(hidden.code, 0, hidden.out);
    const { status, task_outcomes: outcomes } = JSON.parse(hidden.out) as Submission & { task_outcomes: unknown[] };
    assert.deepEqual([status, outcomes.length], ["Finished", 1]);
    const told = await as(ada)("submit", secret, await answer("none"));
    assert.equal(told.code, 1);
    assert.match(told.out, /do not show the output of this phase[^]*^Failed: /m);
  });

  it("does not wait when told so; what was submitted can be followed and cancelled", async () => {
    const begun = await json<{ id: number }>(
      as(ada)("submit", await phase(), await answer("0.25"), "--no-follow", "--json"),
    );
    const { id } = begun;
    assert.deepEqual(begun, { id });
    const ended = await json<Submission>(as(ada)("follow", String(id), "--json"));
    assert.deepEqual([ended.id, ended.status], [id, "Finished"]);
    const { code, out } = await as(ada)("cancel", String(id));
    assert.deepEqual([code, out], [1, `Submission ${id}: Finished. It has ended already, so it was not cancelled.\n`]);
  });

  it("dumps a competition into a bundle that it validates", async () => {
    const target = join(folder.path, "dump.zip");
    const { code, out, errors } = await as(organizer)("dump", String((await organized()).id), target);
    assert.equal(code, 0, errors);
    assert.equal(out, `${target}\n`);
    assert.equal((await benchstack(["validate", target])).code, 0);
  });

  it("asks before an upload whether the file would be accepted, and refuses what is no zip", async () => {
    const { id, phases } = await publishCompetition(
      organizer,
      bundleFiles({ phases: [phaseOf({ max_submission_size: 1 })] }),
    );
    await register({ id }, ada);
    const submissionsOf = async () =>
      (await ada.client.request<{ count: number }>("GET", "/api/datasets/?_type=submission")).count;
    const before = await submissionsOf();
    const large = await file("big.zip", await zip({ "a.bin": randomBytes(1_100_000) }, { compress: false }));
    const refused = await as(ada)("submit", String(phases[0]!.id), large);
    assert.deepEqual([refused.code, /accepts at most 1 MB.*SUBMISSION_TOO_LARGE/.test(refused.errors)], [3, true]);
    const small = await file("small.zip", await zip({ "answer.txt": "1" }));
    const foreign = await as(ada)("submit", String(phases[0]!.id), small, "--tasks", "999999");
    assert.deepEqual([foreign.code, /Task 999999 is not part.*TASK_NOT_IN_PHASE/.test(foreign.errors)], [3, true]);
    const cut = await file("cut.zip", (await zip({ "answer.txt": "1" })).subarray(0, -22));
    const broken = await as(ada)("submit", String(phases[0]!.id), cut);
    assert.deepEqual([broken.code, /is not a zip/.test(broken.errors)], [1, true]);
    assert.equal(await submissionsOf(), before);
  });

  it("makes a queue, and tokens for its workers", async () => {
    const { id } = await json<{ id: string }>(as(organizer)("create-queue", "Lab", "--json"));
    assert.match(
      (await as(organizer)("queues")).out,
      new RegExp(`${id} +Lab +${organizer.username} +no +own machines`),
    );
    const { token, command } = await json<{ token: string; command: string }>(
      as(organizer)("create-token", id, "gpu box", "--json"),
    );
    assert.ok(command.includes(token));
    const [made] = await json<{ id: string; name: string }[]>(as(organizer)("tokens", id, "--json"));
    assert.equal(made!.name, "gpu box");
    assert.equal((await as(organizer)("workers", id)).out, "No worker was active in the last day.\n");
    assert.equal((await as(ada)("tokens", id)).code, 3);
    assert.equal((await as(organizer)("revoke-token", id, made!.id)).code, 0);
    assert.equal((await as(organizer)("delete-queue", id, "--yes")).code, 0);
    assert.equal((await as(organizer)("queues")).out, "No queues were found.\n");
  });
});
