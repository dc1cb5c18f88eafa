import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { rawZip } from "../worker/zip.ts";
import { bundleFiles, inDays, phase, unpacked, upload, zip } from "../../support/competitions.ts";
import type { CompetitionCreation } from "../../../client/api-client.ts";
import type { Files } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";

/** The zip with the data of one entry damaged in the middle, as by a bad disk. */
async function damaged(files: Files, entry: string): Promise<Buffer> {
  const bytes = await zip(files);
  const name = bytes.indexOf(entry);
  assert.ok(name > 0, `${entry} is not in the zip`);
  const data = name + entry.length;
  bytes.fill(0xff, data + 4, data + 24);
  return bytes;
}

/** Text that does not deflate to nothing, so that there is something to damage. */
const longText = Array.from({ length: 400 }, (_, i) => `line ${i} ${(i * 7919) % 1009}`).join("\n");

describe("a bundle that is refused says why and leaves nothing behind (B-111)", () => {
  let platform: TestPlatform;
  let organizer: Person;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    organizer = await platform.newPerson();
  });
  afterAll(() => platform.close());

  /** Uploads a bundle that has to fail, and sees to it that only the note about it stays. */
  async function refused(bundle: Buffer): Promise<CompetitionCreation> {
    const { rows, objects } = await platform.contents();
    const { dataset, ...creation } = await unpacked(organizer, bundle);
    assert.equal(creation.status, "Failed", JSON.stringify(creation));
    assert.equal(creation.resulting_competition, null);
    const { competition_creations: creations = 0, ...others } = rows;
    const left = { rows: { ...others, competition_creations: creations + 1 }, objects };
    // Files are erased after the row that named them is gone, by a message of that transaction.
    await waitFor("the bundle's file to be erased", async () => {
      assert.deepEqual(await platform.contents(), left);
      return true;
    });
    assertRefused(await organizer.send("GET", `/datasets/download/${dataset}/`), 404, "NO_SUCH_DATASET");
    return creation;
  }

  const errorsOf = ({ problems }: CompetitionCreation) =>
    problems
      .filter(({ severity }) => severity === "error")
      .map(({ code, path }) => `${code} ${path}`.trim())
      .sort();

  const unreadable: Record<string, () => Buffer | Promise<Buffer>> = {
    "no zip at all": () => Buffer.from("this is not a zip"),
    "an empty file": () => Buffer.alloc(0),
    "a zip that was cut off": async () => (await zip(bundleFiles())).subarray(0, 700),
    "a zip whose end is missing": async () => (await zip(bundleFiles())).subarray(0, -30),
    "a zip whose competition.yaml is damaged": () =>
      damaged(bundleFiles({ description: longText }), "competition.yaml"),
    "a zip whose page is damaged": () => damaged(bundleFiles({}, { "overview.md": longText }), "overview.md"),
    "a zip in which a file of a program is damaged": () =>
      damaged(bundleFiles({}, { "scoring_program/data.txt": longText }), "scoring_program/data.txt"),
    "a zip in which a program that is a zip itself is damaged": () =>
      damaged(
        bundleFiles(
          { tasks: [{ index: 0, name: "Only task", scoring_program: "scoring.zip" }] },
          { "scoring.zip": Buffer.from(longText) },
        ),
        "scoring.zip",
      ),
    "a zip with a file that holds more than it says": () => {
      const files = Object.entries(bundleFiles()).map(([name, content]) => ({ name, content: content.toString() }));
      return rawZip(files.map((file) => (file.name === "terms.md" ? { ...file, claim: { size: 2 } } : file)));
    },
  };
  for (const [what, bundle] of Object.entries(unreadable))
    it(`${what}: BND-02`, async () => {
      const creation = await refused(await bundle());
      assert.deepEqual(errorsOf(creation), ["BND-02"]);
      assert.match(creation.details ?? "", /^BND-02: The file is not a readable zip.*Create the zip again/);
    });

  it("a zip without competition.yaml at its root: BND-01, with the place where it is", async () => {
    const wrapped = Object.fromEntries(
      Object.entries(bundleFiles()).map(([path, content]) => [`my-bundle/${path}`, content]),
    );
    const creation = await refused(await zip(wrapped));
    assert.deepEqual(errorsOf(creation), ["BND-01"]);
    assert.match(creation.details ?? "", /my-bundle\/competition\.yaml/);
  });

  it("text that is no YAML: BND-99, with the line", async () => {
    const creation = await refused(
      await zip(bundleFiles({}, { "competition.yaml": "title: [unclosed\nversion: 2\n" })),
    );
    assert.deepEqual(errorsOf(creation), ["BND-99"]);
    assert.match(creation.details ?? "", /line/);
  });

  it("every mistake is reported at once, each with its code, its place and a sentence (B-5)", async () => {
    const foreign = await upload(await platform.newPerson(), "reference_data", Buffer.from("theirs"));
    const yaml = {
      title: null,
      image: "missing.png",
      terms: "missing.md",
      pages: [
        { title: "Overview", file: "overview.md" },
        { title: "Empty", file: "empty.md" },
      ],
      registration_auto_approve: "perhaps",
      competition_type: "marathon",
      contact_email: "nobody",
      fact_sheet: { method: { key: "other", type: "essay" } },
      tasks: [
        { index: 0, name: "First", scoring_program: "nowhere/" },
        { index: 0, name: "Twin", scoring_program: "scoring_program/", reference_data: "../../outside" },
        { index: 2, name: "Without a program" },
        { index: 3, key: "00000000-0000-4000-8000-000000000000" },
      ],
      solutions: [{ index: 0, tasks: [7], path: "scoring_program/" }],
      phases: [
        phase({ index: 0, name: "First", start: inDays(-3), end: inDays(-1), auto_migrate_to_this_phase: true }),
        phase({ index: 1, name: "Second", start: inDays(-2), tasks: [9], execution_time_limit: -1 }),
        phase({ index: 2, name: "Third", start: "soon", tasks: [] }),
      ],
      leaderboards: [
        {
          title: "Results",
          key: "main",
          submission_rule: "Best_Wins",
          columns: [
            { title: "A", key: "a", index: 0 },
            { title: "B", key: "a", index: 0, computation: "avg" },
          ],
        },
      ],
    };
    const creation = await refused(await zip(bundleFiles(yaml, { "empty.md": "" })));
    assert.deepEqual(errorsOf(creation), [
      "BND-10 tasks[0].scoring_program",
      "BND-12 tasks[1].reference_data",
      "BND-20 competition_type",
      "BND-20 contact_email",
      "BND-20 phases[1].execution_time_limit",
      "BND-20 registration_auto_approve",
      "BND-20 title",
      "BND-22 image",
      "BND-25 terms",
      "BND-26 pages[1].file",
      "BND-32 tasks[1].index",
      "BND-34 tasks[2]",
      "BND-37 solutions[0].tasks[0]",
      "BND-42 phases[1]",
      "BND-43 phases[2]",
      "BND-44 phases[0].auto_migrate_to_this_phase",
      "BND-45 phases[1].start",
      "BND-50 fact_sheet.method",
      "BND-51 fact_sheet.method.key",
      "BND-52 fact_sheet.method.type",
      "BND-61 leaderboards[0].submission_rule",
      "BND-63 leaderboards[0].columns[1].key",
      "BND-64 leaderboards[0].columns[1].index",
      "BND-65 leaderboards[0].columns[1].computation",
      "BND-99 phases[1].tasks[0]",
      "BND-99 phases[2].start",
    ]);
    for (const { message } of creation.problems) assert.match(message, /^\S.*\.$/s);
    assert.equal(creation.details?.split("\n").length, errorsOf(creation).length);

    // What a bundle names by key is looked up once the rest is right.
    const keys = {
      tasks: [
        { index: 0, name: "First", scoring_program: "scoring_program/", reference_data: foreign },
        { index: 1, key: "00000000-0000-4000-8000-000000000000" },
      ],
      solutions: [{ index: 0, tasks: [0], key: "00000000-0000-4000-8000-000000000001" }],
    };
    assert.deepEqual(errorsOf(await refused(await zip(bundleFiles(keys)))), [
      "BND-11 tasks[0].reference_data",
      "BND-33 tasks[1].key",
      "BND-39 solutions[0].key",
    ]);
  });

  it("a logo that is no image: BND-23", async () => {
    const creation = await refused(await zip(bundleFiles({}, { "logo.png": "<svg onload='alert(1)'/>" })));
    assert.deepEqual(errorsOf(creation), ["BND-23 image"]);
  });

  for (const [where, file] of [
    ["page", "overview.md"],
    ["terms", "terms.md"],
  ] as const)
    it(`a ${where} that is no text: BND-99, not an unpacking without end`, async () => {
      const creation = await refused(await zip(bundleFiles({}, { [file]: Buffer.from([0x50, 0x4b, 0, 0, 0xff]) })));
      assert.deepEqual(errorsOf(creation), [`BND-99 ${where === "page" ? "pages[0].file" : "terms"}`]);
    });

  it("a title with a character that no text may hold: BND-20", async () => {
    assert.deepEqual(errorsOf(await refused(await zip(bundleFiles({ title: "a\u0000b" })))), ["BND-20 title"]);
  });

  it("names in the zip that lead out of it are never followed (B-4)", async () => {
    const files = Object.entries(bundleFiles()).map(([name, content]) => ({ name, content: content.toString() }));
    const bundle = rawZip([...files, { name: "../../../../evil.txt", content: "evil" }]);
    const before = await platform.contents();
    const { status, problems, resulting_competition: id } = await unpacked(organizer, bundle);
    if (status === "Failed")
      assert.deepEqual(
        problems.map(({ code }) => code),
        ["BND-02"],
      );
    else
      assert.ok(
        id !== null && (await platform.contents()).objects.every((key) => !key.includes("evil")),
        before.objects.join(),
      );
  });

  it("completing an upload several times at once unpacks it once, and all answers name that unpacking", async () => {
    const { rows } = await platform.contents();
    const key = await upload(organizer, "competition_bundle", await zip(bundleFiles()));
    const answers = await Promise.all([1, 2, 3].map(() => organizer.send("PUT", `/api/datasets/completed/${key}/`)));
    const ids = new Set(answers.map(({ body }) => body["status_id"]));
    assert.equal(ids.size, 1, [...ids].join());
    await unpacked(organizer, await zip(bundleFiles()));
    assert.equal((await platform.contents()).rows["competitions"], (rows["competitions"] ?? 0) + 2);
  });

  it("a bundle that was never uploaded is not unpacked: NOT_UPLOADED", async () => {
    const { key } = await organizer.client.request<{ key: string }>("POST", "/api/datasets/", {
      type: "competition_bundle",
      request_sassy_file_name: "bundle.zip",
      file_size: 1,
    });
    const before = await platform.contents();
    assertRefused(
      await organizer.send("PUT", `/api/datasets/completed/${key}/`),
      400,
      "NOT_UPLOADED",
      /has not been uploaded/,
    );
    assert.deepEqual(await platform.contents(), before);
  });
});
