/** Data that people offer to everybody. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import { upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { benchstack } from "../cli/run-benchstack.ts";
import { expect, openLabWithPeople, type Lab } from "../support/lab.ts";

interface Dataset {
  id: number;
  key: string;
  name: string;
  downloads: number;
  is_verified: boolean;
  sha256: string | null;
}

describe("public datasets", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
  });
  afterAll(() => lab.close());

  const anybody = { send: ((method, path) => lab.send(method, path)) as Person["send"] };
  const listed = async (query = "") =>
    (await expect<{ results: Dataset[] }>(200, anybody, "GET", `/api/datasets/public/${query}`)).results;
  /** Uploads public data of alice. */
  async function offered(content: string, changes: object = {}): Promise<Dataset> {
    const key = await upload(alice, "public_data", Buffer.from(content), "table.csv");
    await expect(200, alice, "PUT", `/api/datasets/completed/${key}/`);
    return expect<Dataset>(200, alice, "PATCH", `/api/datasets/${key}/`, { json: { is_public: true, ...changes } });
  }
  const of = (id: number) => expect<Dataset>(200, anybody, "GET", `/api/datasets/${id}/`);

  it("are listed for everybody, by date or downloads, with a search and filters (A-157)", async () => {
    const rain = await offered("rain", { name: "Rain", description: "Measured daily", license: "CC0" });
    const sun = await offered("sun", { name: "Sun" });
    const ids = async (query = "") => (await listed(query)).map(({ id }) => id);
    const json = { type: "public_data", name: "Fog", is_public: true, request_sassy_file_name: "fog.csv" };
    assertRefused(
      await alice.send("POST", "/api/datasets/", { json: { ...json, name: "F\nog" } }),
      400,
      "INVALID",
      /line/,
    );
    assert.deepEqual(await ids(), [sun.id, rain.id]);
    assert.deepEqual(await ids("?search=MEASURED"), [rain.id]);
    assert.deepEqual(await ids("?has_license=true"), [rain.id]);
    await bob.send("GET", `/datasets/download/id/${rain.id}/`);
    assert.deepEqual(await ids("?ordering=most_downloaded"), [rain.id, sun.id]);
    assert.deepEqual(await ids("?is_verified=true"), []);

    const verify = (person: Person, is_verified: boolean) =>
      person.send("PATCH", `/api/datasets/${sun.id}/`, { json: { is_verified } });
    assertRefused(await verify(alice, true), 403, "NOT_ALLOWED");
    assert.equal((await verify(lab.admin, true)).status, 200);
    assert.deepEqual(await ids("?is_verified=true"), [sun.id]);
    assert.equal((await verify(lab.admin, false)).status, 200);
    assert.deepEqual(await ids("?is_verified=true"), []);
    const audit = await expect<{ results: { kind: string }[] }>(200, lab.admin, "GET", "/api/audit/?page_size=2");
    assert.deepEqual(
      audit.results.map(({ kind }) => kind),
      ["dataset.unverified", "dataset.verified"],
    );
    await expect(200, alice, "PATCH", `/api/datasets/${rain.id}/`, { json: { is_public: false } });
    assert.deepEqual(await ids(), [sun.id]);
    assertRefused(await lab.send("GET", `/api/datasets/${rain.id}/`), 404, "NO_SUCH_DATASET");
  });

  it("count each person and address once a day, and no bots (A-62)", async () => {
    const { id, key } = await offered("counted");
    const download = (person: Person | typeof anybody) => person.send("GET", `/datasets/download/id/${id}/`);
    const bot = await lab.newPerson({ isBot: true });
    for (const person of [bob, bob, alice, bot, anybody, anybody]) assert.equal((await download(person)).status, 302);
    await bob.send("GET", `/datasets/download/${key}/`);
    assert.equal((await of(id)).downloads, 3);
    await Promise.all(Array.from({ length: 8 }, () => download(lab.organizer)));
    assert.equal((await of(id)).downloads, 4, "also of requests at the same time");

    const { db } = lab.inside;
    await db.updateTable("dataset_downloads").set({ day: "2020-01-01" }).execute();
    await sweep(lab.inside, new Map());
    assert.deepEqual(await db.selectFrom("dataset_downloads").selectAll().execute(), []);
    await download(bob);
    assert.equal((await of(id)).downloads, 5);
  });

  it("have metadata in Croissant, with a checksum that nobody read the file for (A-156, A-158)", async () => {
    const content = "a,b\n1,2\n";
    const { id } = await offered(content, { name: "A table", license: "CC-BY-4.0" });
    const answer = await lab.send<Record<string, unknown>>("GET", `/api/datasets/${id}/croissant/`);
    assert.equal(answer.headers.get("content-type"), "application/ld+json");
    const { "@context": _, ...metadata } = JSON.parse(answer.text) as Record<string, unknown>;
    const sha256 = createHash("sha256").update(content).digest("hex");
    const contentUrl = `${lab.url}/datasets/download/id/${id}/`;
    assert.deepEqual(metadata, {
      "@type": "sc:Dataset",
      conformsTo: "http://mlcommons.org/croissant/1.1",
      name: "A table",
      description: "A table",
      license: "CC-BY-4.0",
      url: `${lab.url}/api/datasets/${id}/`,
      creator: { "@type": "sc:Person", name: alice.username },
      datePublished: new Date().toISOString().slice(0, 10),
      distribution: [
        {
          "@type": "cr:FileObject",
          "@id": "file",
          name: "table.csv",
          contentUrl,
          contentSize: "8 B",
          encodingFormat: "text/csv",
          sha256,
        },
      ],
    });
    assert.equal(await (await fetch(contentUrl)).text(), content);
    assert.equal((await of(id)).sha256, sha256);

    // As of a file from a bundle, or of an earlier release.
    await lab.inside.db.updateTable("datasets").set({ sha256: null }).where("id", "=", id).execute();
    const { text } = await lab.send("GET", `/api/datasets/${id}/croissant/`);
    const [file] = (JSON.parse(text) as { distribution: { md5?: string; sha256?: string }[] }).distribution;
    assert.deepEqual([file!.md5, file!.sha256], [createHash("md5").update(content).digest("hex"), undefined]);

    const json = { type: "public_data", request_sassy_file_name: "large.bin", sha256: "A" };
    assertRefused(await alice.send("POST", "/api/datasets/", { json }), 400, "INVALID", /SHA-256 in hex/);
    const { key } = await expect<{ key: string }>(201, alice, "POST", "/api/datasets/", { json: { ...json, sha256 } });
    assert.equal((await expect<Dataset>(200, alice, "GET", `/api/datasets/${key}/`)).sha256, sha256);
    assertRefused(await alice.send("GET", `/api/datasets/${key}/croissant/`), 400, "NOT_UPLOADED");
  });

  it("are uploaded, listed, changed, downloaded and deleted by commands (A-159)", async () => {
    const env = { XDG_CONFIG_HOME: lab.home, BENCHSTACK_URL: lab.url, BENCHSTACK_TOKEN: alice.token };
    const run = async (...args: string[]) => {
      const { code, out, errors } = await benchstack(args, { env });
      assert.equal(code, 0, errors);
      return out;
    };
    const file = join(lab.home, "clouds.csv");
    await writeFile(file, "cloud\n");
    const made = await run("upload-dataset", file, "--name", "Clouds", "--license", "CC0", "--public", "--json");
    const { id } = JSON.parse(made) as Dataset;
    assert.match(await run("datasets", "--search", "clouds", "--licensed"), /Clouds .*CC0/);
    assert.match(await run("datasets", "--mine"), /Clouds/);
    assert.match(await run("change-dataset", String(id), "--description", "Of the sky"), /is changed/);
    assert.match(await run("dataset", String(id)), /Description +Of the sky[\s\S]*SHA-256 +[0-9a-f]{64}/);
    assert.match(await run("dataset", String(id), "--croissant"), /"conformsTo": "http:\/\/mlcommons.org\/croissant/);
    const folder = join(lab.home, "downloaded");
    assert.equal(await run("download-dataset", String(id), folder), `${join(folder, "clouds.csv")}\n`);
    assert.equal(await readFile(join(folder, "clouds.csv"), "utf8"), "cloud\n");
    assert.equal((await of(id)).downloads, 1);
    assert.match(await run("delete-dataset", String(id), "--yes"), /is deleted/);
    assert.doesNotMatch(await run("datasets"), /Clouds/);
  });
});
