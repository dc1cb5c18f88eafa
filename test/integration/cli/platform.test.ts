import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition, Leaderboard, Submission } from "../../../client/api-client.ts";
import { bundleFiles, python, zip } from "../../support/competitions.ts";
import { repository, temporaryFolder } from "../../support/files.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { benchstack } from "./run-benchstack.ts";

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
    platform = await startTestPlatform({ database: "pglite", worker: { launcher: "sandbox", slots: 2 } });
    folder = await temporaryFolder();
    organizer = await platform.newPerson();
    ada = await platform.newPerson();
  });
  afterAll(async () => {
    await platform.close();
    await folder.remove();
  });

  const as =
    (person: Person) =>
    (...args: string[]) =>
      benchstack(args, { env: { BENCHSTACK_URL: `${platform.url}/`, BENCHSTACK_TOKEN: person.token } });
  const json = async <Answer>(ended: ReturnType<typeof benchstack>): Promise<Answer> => {
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
    assert.deepEqual([nobody.code, /not logged in/.test(nobody.errors)], [2, true]);
    const wrong = await run(["login", platform.url, "--username", ada.username], "not it\n");
    assert.deepEqual([wrong.code, wrong.out], [3, ""]);
    const { code, out, errors } = await run(
      ["login", `${platform.url}/`, "--username", ada.username],
      `${ada.password}\n`,
    );
    assert.equal(code, 0, errors);
    assert.ok(!(out + errors).includes(ada.password));
    assert.equal((await stat(join(env.XDG_CONFIG_HOME, "benchstack/login.json"))).mode & 0o777, 0o600);
    assert.match((await run(["whoami"])).out, new RegExp(`^${ada.username} .* on ${platform.url}\n$`));
    const { token } = JSON.parse(await readFile(join(env.XDG_CONFIG_HOME, "benchstack/login.json"), "utf8")) as {
      token: string;
    };
    assert.deepEqual([(await run(["logout"])).code, (await run(["whoami"])).code], [0, 2]);
    const revoked = await benchstack(["whoami"], { env: { BENCHSTACK_URL: platform.url, BENCHSTACK_TOKEN: token } });
    assert.equal(revoked.code, 3, "the token that was stored is revoked (A-133)");
  });

  it("tells by its exit code that it was refused, or that there is no platform", async () => {
    const refused = await as(ada)("create-queue", "");
    assert.deepEqual([refused.code, refused.out], [3, ""]);
    assert.match(refused.errors, /\(\w+\)\n$/, "the code of the refusal");
    assert.equal((await as(ada)("competition", "999999")).code, 3);
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

  it("goes on with an upload in parts that was broken off", async () => {
    const bundle = await file(
      "large.zip",
      await zip(bundleFiles({}, { "data.bin": randomBytes(101_000_000) }), { compress: false }),
    );
    const env = {
      XDG_CONFIG_HOME: join(folder.path, "config"),
      BENCHSTACK_URL: platform.url,
      BENCHSTACK_TOKEN: organizer.token,
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
      stdio: "ignore",
    });
    await waitFor(
      "a part to arrive",
      async () => {
        const [begun] = await uploads();
        return (
          begun &&
          (await organizer.client.request<{ received: number[] }>("GET", `/api/datasets/${begun.key}/multipart/`))
            .received.length > 0
        );
      },
      30_000,
    );
    child.kill("SIGKILL");
    const { code, out, errors } = await benchstack(["create", bundle], { env });
    assert.equal(code, 0, out + errors);
    assert.equal((await uploads()).length, 1, "it was not begun anew");
  });

  it("submits, follows what the programs print, and ends with the scores", async () => {
    const { code, out, errors } = await as(ada)("submit", await phase(), await answer("0.5"));
    assert.equal(code, 0, errors);
    assert.match(out, /^Submission \d+\n/);
    // A line that has no end is said last, and what the submission does may change before.
    assert.match(out, /^scoring stdout: the answer is 0\.5\n(?:\[.*\]\n)*scoring stdout: that was it\n/m, out);
    assert.match(out, /^\[Finished\]\nFinished\n {2}accuracy: 0\.5\n {2}duration: 1\n$/m);
    const board = await json<Leaderboard>(as(ada)("leaderboard", await phase(), "--json"));
    assert.deepEqual(
      board.submissions.map(({ owner }) => owner),
      [ada.username],
    );
    assert.match((await as(ada)("leaderboard", await phase())).out, new RegExp(`1 +${ada.username} +0\\.5`));
    assert.match((await as(ada)("submissions", await phase())).out, /Finished/);
  });

  it("a submission that fails says why, with exit code 1", async () => {
    const { code, out } = await as(ada)("submit", await phase(), await answer("none"));
    assert.equal(code, 1);
    assert.match(out, /^scoring stderr: ValueError/m);
    assert.match(out, /^Failed: .*exited with code 1/m);
  });

  it("does not wait when told so; what was submitted can be followed and cancelled", async () => {
    const { id } = await json<{ id: number }>(
      as(ada)("submit", await phase(), await answer("0.25"), "--no-follow", "--json"),
    );
    const ended = await json<Submission>(as(ada)("follow", String(id), "--json"));
    assert.deepEqual([ended.id, ended.status], [id, "Finished"]);
    const { code, out } = await as(ada)("cancel", String(id));
    assert.deepEqual([code, out], [1, `Submission ${id}: Finished\n`], "it is over");
  });

  it("dumps a competition into a bundle that it validates", async () => {
    const target = join(folder.path, "dump.zip");
    const { code, out, errors } = await as(organizer)("dump", String((await organized()).id), target);
    assert.equal(code, 0, errors);
    assert.equal(out, `${target}\n`);
    assert.equal((await benchstack(["validate", target])).code, 0);
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
    assert.equal((await as(organizer)("delete-queue", id)).code, 0);
    assert.equal((await as(organizer)("queues")).out, "No queues were found.\n");
  });
});
