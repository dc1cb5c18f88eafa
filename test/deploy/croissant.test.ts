/** The metadata of public datasets, as mlcroissant of MLCommons reads it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, it } from "@jest/globals";
import { upload } from "../support/competitions.ts";
import { startTestPlatform, type TestPlatform } from "../support/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ database: "pglite", worker: null });
});
afterAll(() => platform.close());

it("mlcroissant accepts the metadata of a dataset, with a licence and without", async () => {
  const person = await platform.newPerson();
  const key = await upload(person, "public_data", Buffer.from("a,b\n1,2\n"), "some table.csv");
  const given = [
    { is_public: true },
    { name: "Ninety days: sun & rain", description: "Measured\n*daily*.", license: "CC-BY-4.0" },
  ];
  for (const json of given) {
    await person.send("PATCH", `/api/datasets/${key}/`, { json });
    const { text } = await platform.send("GET", `/api/datasets/${key}/croissant/`);
    const file = join(platform.home, "croissant.json");
    await writeFile(file, text);
    const { stderr } = await promisify(execFile)("mlcroissant", ["validate", "--jsonld", file]);
    assert.match(stderr, /Done/);
    assert.doesNotMatch(stderr, /not standard/);
  }
});
