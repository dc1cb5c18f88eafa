import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bundleFiles, unpacked, upload, zip } from "../../support/competitions.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";

interface Solution {
  name: string;
  key: string;
  data: string;
  md5: string | null;
  size: number;
  tasks: string[];
}

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

describe("solutions", () => {
  let lab: Lab;
  let alice: Person;
  beforeAll(async () => {
    lab = await openLab();
    alice = await lab.newPerson();
  });
  afterAll(() => lab.close());

  const solutionsOf = async (id: number) =>
    (
      await expect<{ phases: { tasks: { solutions: Solution[] }[] }[] }>(
        200,
        lab.organizer,
        "GET",
        `/api/competitions/${id}/`,
      )
    ).phases[0]!.tasks[0]!.solutions;
  async function contentOf({ data }: Solution, person = lab.organizer): Promise<Buffer> {
    const { headers } = await person.send("GET", `/datasets/download/${data}/`);
    return Buffer.from(await (await fetch(headers.get("location")!)).arrayBuffer());
  }

  it("have the MD5 of the downloaded file, or of a folder's zip (A-70)", async () => {
    const packed = await zip({ "answer.txt": "0.5" });
    const solutions = [
      { index: 0, tasks: [0], path: "answer.zip", name: "a file" },
      { index: 1, tasks: [0], path: "answer/", name: "a folder" },
    ];
    const { id } = await lab.newCompetition(
      lab.organizer,
      bundleFiles({ solutions }, { "answer.zip": packed, "answer/answer.txt": "0.75" }),
    );
    const [file, folder] = await solutionsOf(id);
    assert.deepEqual([file!.md5, file!.size], [md5(packed), packed.length]);
    assert.equal(folder!.md5, md5(await contentOf(folder!)));
    assert.notEqual(folder!.md5, file!.md5);
  });

  it("have no MD5 if they are existing datasets, and keep theirs if they are given by key (A-70)", async () => {
    const data = await upload(lab.organizer, "solution", Buffer.from("an answer"));
    const first = await lab.newCompetition(
      lab.organizer,
      bundleFiles(
        {
          solutions: [
            { index: 0, tasks: [0], path: data },
            { index: 1, tasks: [0], path: "answer.txt" },
          ],
        },
        { "answer.txt": "0.5" },
      ),
    );
    const [there, brought] = await solutionsOf(first.id);
    assert.deepEqual([there!.data, there!.md5, brought!.md5], [data, null, md5(Buffer.from("0.5"))]);
    const second = await lab.newCompetition(
      lab.organizer,
      bundleFiles({ solutions: [{ index: 0, tasks: [0], key: brought!.key }] }),
    );
    assert.deepEqual(
      (await solutionsOf(second.id)).map(({ key, md5 }) => [key, md5]),
      [[brought!.key, brought!.md5]],
    );
  });

  it("keep their MD5 in a dump that somebody else imports (A-70)", async () => {
    const { id } = await lab.newCompetition(
      lab.organizer,
      bundleFiles({ solutions: [{ index: 0, tasks: [0], path: "answer/" }] }, { "answer/answer.txt": "0.75" }),
    );
    const [solution] = await solutionsOf(id);
    await expect(201, lab.organizer, "POST", `/api/competitions/${id}/create_dump/`, { json: {} });
    const dump = await waitFor("the dump to be ready", async () => {
      const { dumps } = await expect<{ dumps: { url: string }[] }>(
        200,
        lab.organizer,
        "GET",
        `/api/competitions/${id}/get_files/`,
      );
      return dumps[0];
    });
    const bundle = Buffer.from(await (await fetch(dump.url)).arrayBuffer());
    const { resulting_competition: imported, details } = await unpacked(alice, bundle);
    assert.ok(imported !== null, details ?? "");
    const { phases } = await expect<{ phases: { tasks: { solutions: Solution[] }[] }[] }>(
      200,
      alice,
      "GET",
      `/api/competitions/${imported}/`,
    );
    const [copy] = phases[0]!.tasks[0]!.solutions;
    assert.notEqual(copy!.key, solution!.key);
    assert.equal(copy!.md5, solution!.md5);
    assert.equal(md5(await contentOf(copy!, alice)), copy!.md5);
  });
});
