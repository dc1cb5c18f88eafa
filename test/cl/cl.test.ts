/** The unmodified client of CodaLab Worksheets does what it does with a reference server, request by request (docs/worksheets.md). */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { codalabClient, type CodalabClient } from "../support/codalab-client.ts";
import { openLab, phaseOf, type Lab } from "../integration/support/lab.ts";
import type { Person } from "../support/platform.ts";
import { startRecorder, type Recorder } from "./recorder.ts";
import { verbs } from "./verbs.ts";

describe("cl", () => {
  let platform: Lab;
  let person: Person;
  let recorder: Recorder;
  let client: CodalabClient;
  beforeAll(async () => {
    platform = await openLab();
    recorder = await startRecorder(platform.url);
    person = await platform.newPerson();
    client = await codalabClient(person);
  });
  afterAll(async () => {
    await client.close();
    await recorder.close();
    await platform.close();
  });

  it("prints a worksheet that is larger than an answer of a Lambda function (W-203)", async () => {
    const login = await client.run("work", `${platform.url}::`);
    assert.equal(login.code, 0, login.stderr);
    const made = await client.run("new", "large");
    const uuid = made.stdout.trim();
    const source = Array.from({ length: 5_600 }, (_, at) => `${at} ${"words ".repeat(166)}`).join("\n");
    const headers = { authorization: `Token ${platform.admin.token}` };
    const saved = await fetch(`${platform.url}/rest/worksheets/${uuid}/raw`, { method: "PUT", headers, body: source });
    assert.equal(saved.status, 204, await saved.text());
    const { code, stdout, stderr } = await client.run("print", uuid);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^5599 words words/m);
  });

  for (const { run, prints, complains, code = 0, asks = {} } of verbs)
    it(run.join(" "), async () => {
      const result = await client.run(...run.map((argument) => argument.replace("ADDRESS", recorder.url)));
      const seen = recorder.take();
      const all = `exit ${result.code}\n${result.stdout}\n${result.stderr}\n${seen.map(({ request, status }) => `${request} ${status}`).join("\n")}`;
      assert.equal(result.code, code, all);
      assert.match(result.stdout, prints, all);
      if (complains) assert.match(result.stderr, complains, all);
      for (const [request, keys] of Object.entries(asks)) {
        const matching = seen.filter((one) => one.request === request);
        assert.notEqual(matching.length, 0, `${request} was not asked:\n${all}`);
        // The answer of one of them has everything that the client may read.
        const missing = matching.map(({ answered }) => keys.filter((key) => !answered.has(key)));
        assert.ok(
          missing.some((names) => names.length === 0),
          `${request} lacks ${missing.map((names) => names.join(", ")).join(" / ")}`,
        );
      }
    });

  it("reads a submission as a bundle, and prints a leaderboard (W-170, W-171, W-172, W-176)", async () => {
    const competition = await platform.competition({}, person);
    const id = await platform.submitted(person, phaseOf(competition), { scores: { accuracy: 0.75 } });
    const { uuid } = await person.client.request<{ uuid: string }>("GET", `/api/submissions/${id}/`);
    const cl = async (...args: string[]) => {
      const { code, stdout, stderr } = await client.run(...args);
      assert.equal(code, 0, `cl ${args.join(" ")}: ${stdout} ${stderr}`);
      return stdout;
    };
    const info = await cl("info", "-v", uuid);
    for (const line of [/^state +: ready$/m, /^score_accuracy +: 0.75$/m, /^stdout +\S+/m]) assert.match(info, line);
    assert.match(await cl("cat", uuid.slice(0, 20)), /^scoring_result.zip/m);
    assert.equal(await cl("cat", `${uuid}/stdout`), "log of prediction\nlog of scoring\n");
    assert.equal(await cl("wait", uuid), `${uuid}\n`);
    await cl("work", await cl("new", `board-${id}`).then((made) => made.trim()));
    await cl("add", "bundle", uuid);
    await cl("add", "text", `% leaderboard ${competition.id}`);
    assert.match(await cl("print"), new RegExp(`submission-${id}[^]+rank +participant[^]+1 +${person.username} +0x`));
  });
});
