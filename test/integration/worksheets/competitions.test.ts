/** Worksheets and competitions: submissions as bundles, data from bundles, leaderboards on worksheets. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { phase, submit } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { openLab, phaseOf, type Lab } from "../support/lab.ts";
import { Sheets } from "./sheets.ts";

interface Bundle {
  type: string;
  attributes: Record<string, unknown> & { metadata: Record<string, unknown>; dependencies: Record<string, unknown>[] };
  relationships: { owner: { data: { id: string } | null } };
}

describe("worksheets and competitions", () => {
  let lab: Lab;
  let [alice, bob]: Person[] = [];
  let sheets: Sheets;
  let [open, hidden]: Competition[] = [];
  let [uuid, secret]: string[] = [];
  let submission: number;
  beforeAll(async () => {
    lab = await openLab();
    [alice, bob] = await Promise.all([lab.newPerson(), lab.newPerson()]);
    sheets = new Sheets(lab, alice!);
    open = await lab.competition({ enable_detailed_results: true }, alice!, bob!);
    hidden = await lab.competition({ title: "Hidden", phases: [phase({ hide_output: true })] }, alice!);
    submission = await lab.submitted(alice!, phaseOf(open!), {
      scores: { accuracy: 0.75, duration: 3 },
      details: "<p>",
    });
    const unseen = await lab.submitted(alice!, phaseOf(hidden!), { scores: { accuracy: 0.5 } });
    [uuid, secret] = await Promise.all([submission, unseen].map((id) => uuidOf(id)));
  });
  afterAll(() => lab.close());

  const ownId = async (who: Person) => (await who.send<{ data: { id: string } }>("GET", "/rest/user")).body.data.id;
  const uuidOf = async (id: number) =>
    (await lab.organizer.client.request<{ uuid: string }>("GET", `/api/submissions/${id}/`)).uuid;
  const info = async (who: Person, ...specs: string[]) => {
    const query = specs.map((spec) => `specs=${spec}`).join("&");
    const answer = await who.send<{ data: Bundle[] }>("GET", `/rest/bundles?include=owner&${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.data;
  };
  const blob = (who: Person, path: string) => who.send("GET", `/rest/bundles/${path}`);
  const names = async (who: Person, of: string) => {
    const answer = await who.send<{ data: { contents: { name: string; size: number }[] } }>(
      "GET",
      `/rest/bundles/${of}/contents/info/?depth=1`,
    );
    assert.equal(answer.status, 200, answer.text);
    return answer.body.data.contents.map(({ name }) => name);
  };

  it("shows a submission as a bundle to whoever sees it (W-170, W-171)", async () => {
    for (const who of [alice!, lab.organizer]) {
      const [bundle] = await info(who, uuid!);
      const { state, bundle_type, metadata, permission } = bundle!.attributes;
      assert.deepEqual([state, bundle_type, permission], ["ready", "run", 1]);
      const { name, submission: id, phase: phaseName, score_accuracy, score_duration, memory_max, remote } = metadata;
      assert.deepEqual(
        [name, id, phaseName, score_accuracy, score_duration, memory_max, remote],
        [`submission-${submission}`, submission, "Only phase", 0.75, 3, 1, "test-host"],
      );
      assert.equal(bundle!.relationships.owner.data?.id, await ownId(alice!));
    }
    // Everybody sees what is on the leaderboard, but not where it ran.
    const [seen] = await info(bob!, uuid!.slice(0, 20));
    assert.equal(seen!.attributes.metadata["score_accuracy"], 0.75);
    assert.equal(seen!.attributes.metadata["remote"], undefined);
  });

  it("opens the files of a submission by the rules of its phase (W-172)", async () => {
    assert.deepEqual(await names(alice!, uuid!), [
      ...["submission.zip", "stdout", "stderr", "prediction_stdout", "scoring_stdout"],
      ...["prediction_result.zip", "scoring_result.zip", "detailed_results.html"],
    ]);
    assert.equal((await blob(alice!, `${uuid}/contents/blob/stdout`)).text, "log of prediction\nlog of scoring\n");
    assert.equal((await blob(lab.organizer, `${uuid}/contents/blob/submission.zip`)).text, "a submission");
    assert.equal((await blob(alice!, `${uuid}/contents/blob/stdout?tail=1`)).text, "log of scoring\n");
    const whole = await blob(alice!, `${uuid}/contents/blob/`);
    assert.deepEqual([whole.status, whole.headers.get("target-type")], [200, "directory"]);
    // What others may open of it: nothing, and of hidden output their owner neither.
    assert.deepEqual(await names(bob!, uuid!), ["detailed_results.html"]);
    assert.equal((await blob(bob!, `${uuid}/contents/blob/stdout`)).status, 404);
    assert.deepEqual(await names(alice!, secret!), ["submission.zip"]);
    assert.equal((await names(lab.organizer, secret!)).includes("stdout"), true);
  });

  it("says only the uuid of a submission that one may not see (W-173)", async () => {
    const own = await lab.newPerson();
    const other = await uuidOf(await submit(alice!, phaseOf(open!), Buffer.from("running")));
    const [masked] = await info(own, other);
    assert.deepEqual(
      [masked!.attributes["bundle_type"], masked!.attributes.metadata],
      ["private", { name: "<private>" }],
    );
    assert.equal((await blob(own, `${other}/contents/info/`)).status, 403);
    const [waiting] = await info(alice!, other);
    assert.equal(waiting!.attributes["state"], "staged");
    await lab.runAll({ failure: "PROGRAM_EXIT", message: "It ended with exit code 1." });
    const [failed] = await info(alice!, other);
    assert.deepEqual(
      [failed!.attributes["state"], failed!.attributes.metadata["failure_message"]],
      ["failed", "It ended with exit code 1."],
    );
  });

  it("is not streamed by a gateway, which may not look into competitions (W-172)", async () => {
    const { environment } = lab.inside;
    Object.assign(environment, { STREAMS_CONTENTS: "bundles" });
    try {
      for (const path of ["", "stdout"]) {
        const answer = await blob(alice!, `${uuid}/contents/blob/${path}`);
        assert.deepEqual(
          [answer.status, answer.headers.get("x-error-code")],
          [403, "SUBMISSION_NOT_STREAMED"],
          answer.text,
        );
      }
      assert.ok((await names(alice!, uuid!)).includes("stdout"));
    } finally {
      Object.assign(environment, { STREAMS_CONTENTS: "everything" });
    }
  });

  it("changes no submission, and gives nobody its uuid (W-174)", async () => {
    const edit = { data: [{ type: "bundles", id: uuid, attributes: { metadata: { description: "mine" } } }] };
    for (const [method, path, json] of [
      ["PATCH", "bundles", edit],
      ["DELETE", "bundles", { data: [{ type: "bundles", id: uuid }] }],
    ] as const) {
      const answer = await alice!.send(method, `/rest/${path}`, { json });
      assert.deepEqual([answer.status, answer.headers.get("x-error-code")], [403, "IS_SUBMISSION"], answer.text);
    }
    await assert.rejects(sheets.bundle({ uuid }), /IS_SUBMISSION|is a submission/);
  });

  it("shows submissions and leaderboards on a worksheet, as its reader may see them (W-174, W-176)", async () => {
    const source = [`{${uuid}}`, "", "% display contents /stdout", `{${uuid}}`, `% leaderboard ${open!.id}`];
    const sheet = await sheets.worksheet(
      "board",
      [...source, `% leaderboard ${open!.id} "Only phase"`, `% leaderboard ${open!.id} gone`, "% leaderboard x"].join(
        "\n",
      ),
    );
    const shown = async (who: Person, query = "") => {
      const path = `/rest/interpret/worksheet/${sheet}?${query}`;
      return (await who.send<{ blocks: Record<string, unknown>[]; source: string[] }>("GET", path)).body;
    };
    const { blocks, source: lines } = await shown(alice!);
    assert.equal(lines[0], `[run submission-${submission}]{${uuid}}`);
    const [table, contents, board, same, noPhase, noId] = blocks;
    assert.equal((table!["rows"] as { name: string }[])[0]!.name, `submission-${submission}`);
    assert.deepEqual(contents!["lines"], ["log of prediction\n", "log of scoring\n"]);
    assert.deepEqual(
      [board!["mode"], board!["header"]],
      ["table_block", ["rank", "participant", "uuid", "Accuracy", "Duration"]],
    );
    const row = { rank: 1, participant: alice!.username, uuid: uuid!.slice(0, 8), Accuracy: "0.75", Duration: "3.0" };
    assert.deepEqual(board!["rows"], [row]);
    assert.deepEqual(same!["rows"], [row]);
    assert.match(String(noPhase!["text"]), /line 7: competition \d+ has no phase `gone`. Its phases are `Only phase`/);
    assert.match(String(noId!["text"]), /line 8: `leaderboard` needs the id of a competition/);
    assert.deepEqual((await shown(bob!)).blocks[1]!["lines"], null);
    // A page asks for leaderboards later, as for searches.
    assert.equal((await shown(alice!, "brief=1")).blocks[2]!["mode"], "placeholder_block");
    await lab.organizer.client.request("POST", `/api/competitions/${open!.id}/toggle_publish/`);
    const other = await lab.newPerson();
    assert.match(String((await shown(other)).blocks[2]!["text"]), /There is no such competition/);
    await lab.organizer.client.request("POST", `/api/competitions/${open!.id}/toggle_publish/`);
  });

  it("makes a dataset from a bundle, which counts and stays when the bundle is deleted (W-175)", async () => {
    const [folder, text] = [
      await sheets.bundle({ metadata: { name: "truth" } }, { "answers.csv": "1\n" }),
      await sheets.bundle({ metadata: { name: "a.txt" } }, "no zip"),
    ];
    const make = (who: Person, json: object) => who.send<{ id: number; key: string }>("POST", from, { json });
    const from = "/api/datasets/from_worksheet_bundle/";
    const used = async () =>
      (await alice!.client.request<{ storage_used: number }>("GET", "/api/user_quota/")).storage_used;
    const before = await used();
    const { body, status } = await make(alice!, { bundle: folder, type: "reference_data", description: "Labels." });
    assert.equal(status, 201);
    const dataset = `/api/datasets/${body.id}/`;
    const made = await alice!.client.request<Record<string, unknown>>("GET", dataset);
    assert.deepEqual(
      [made["type"], made["name"], made["file_name"], made["description"]],
      [
        "reference_data",
        `truth ${folder.slice(0, 10)}`,
        "truth.zip",
        `Labels.\n\nFrom the worksheet bundle truth (${folder}).`,
      ],
    );
    assert.equal((await used()) - before, made["file_size"]);
    await alice!.send("DELETE", "/rest/bundles", { json: { data: [{ type: "bundles", id: folder }] } });
    const url = await alice!.client.fileUrl(`id/${body.id}`);
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    assert.ok(bytes.includes("answers.csv"));
    assertRefused(await make(alice!, { bundle: text, type: "input_data" }), 400, "NOT_A_ZIP");
    assert.equal((await make(alice!, { bundle: text, type: "public_data" })).status, 201);
    assertRefused(await make(bob!, { bundle: text, type: "public_data" }), 403, "NOT_ALLOWED");
    assertRefused(await make(alice!, { bundle: uuid, type: "public_data" }), 404, "NO_SUCH_BUNDLE");
  });
});
