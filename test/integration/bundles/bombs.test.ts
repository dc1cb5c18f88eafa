/** Small bundles that would become very large are refused before anything is stored. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "@jest/globals";
import { logo } from "../../support/competitions.ts";
import { startLab, type Lab } from "./lab.ts";
import { rawZip, type Entry } from "./raw-zip.ts";

let lab: Lab;
beforeAll(async () => (lab = await startLab()));
afterAll(() => lab.close());

const yaml = (tasks: object[]) =>
  JSON.stringify({
    version: 2,
    title: "Large",
    image: "logo.png",
    terms: "terms.md",
    pages: [{ title: "p", file: "terms.md" }],
    tasks,
    phases: [{ name: "p", start: "2026-01-01", tasks: [0] }],
    leaderboards: [{ title: "b", key: "b", columns: [{ title: "c", key: "c", index: 0 }] }],
  });
const bundle = (tasks: object[], ...more: Entry[]): Entry[] => [
  { name: "competition.yaml", content: yaml(tasks) },
  { name: "logo.png", content: logo },
  { name: "terms.md", content: "terms" },
  { name: "scoring/metadata.yaml", content: "command: python score.py" },
  ...more,
];
const one = [{ index: 0, name: "t", scoring_program: "scoring", input_data: "data" }];

/** Checks that a bundle is refused for a reason and leaves nothing behind. */
async function refused(entries: Entry[], reason: RegExp): Promise<void> {
  const before = { rows: await lab.rows(), objects: await lab.objects() };
  const { status, details, progress } = await lab.unpack(await lab.upload(rawZip(entries)));
  assert.equal(status, "Failed");
  assert.match(details!, reason);
  assert.equal(progress?.done_bytes ?? 0, 0);
  await lab.keepPromises();
  assert.deepEqual({ rows: await lab.rows(), objects: await lab.objects() }, before);
}

test("entries that all point at the same bytes (B-8)", () => {
  const first = bundle(one, { name: "data/0", content: Buffer.alloc(10_000_000), stored: true });
  const offset = rawZip(first).indexOf("PK\x03\x04", rawZip(first).indexOf("scoring/metadata.yaml") + 20);
  const others = Array.from({ length: 7000 }, (_, i): Entry => ({
    name: `data/${i + 1}`,
    content: "",
    stored: true,
    claim: { offset, packedSize: 10_000_000, size: 10_000_000 },
  }));
  return refused(
    [...first, ...others],
    /BND-99: The unpacked bundle has 700\d{8} bytes, but at most 68719476736 are allowed/,
  );
});

test("one file that many tasks use", () => {
  const tasks = Array.from({ length: 1100 }, (_, index) => ({
    index,
    name: "t",
    scoring_program: "scoring",
    input_data: "zeros",
  }));
  return refused(
    bundle(tasks, { name: "zeros", content: Buffer.alloc(64 * 1024 ** 2) }),
    /BND-99: The unpacked bundle has 738\d{8} bytes/,
  );
});

test("one folder that many tasks use", () => {
  const tasks = Array.from({ length: 1100 }, (_, index) => ({
    index,
    name: "t",
    scoring_program: "scoring",
    input_data: "data",
  }));
  return refused(
    bundle(tasks, { name: "data/zeros", content: Buffer.alloc(64 * 1024 ** 2) }),
    /BND-99: The unpacked bundle has 738\d{8} bytes/,
  );
});

test("a large folder that many tasks use is measured once", async () => {
  const tasks = Array.from({ length: 2000 }, (_, index) => ({
    index,
    name: "t",
    scoring_program: "scoring",
    input_data: "data",
  }));
  const entries = Array.from({ length: 60_000 }, (_, i): Entry => ({
    name: `data/${i}`,
    content: "",
    stored: true,
    claim: { method: 99 },
  }));
  const before = process.cpuUsage();
  await refused(bundle(tasks, ...entries), /BND-02: .*method other than deflate/);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 30e6, `${user + system} µs of CPU time`);
});

test("thousands of files (B-8)", () => {
  const tasks = Array.from({ length: 2600 }, (_, index) => ({
    index,
    name: "t",
    scoring_program: "scoring",
    input_data: "scoring",
  }));
  return refused(bundle(tasks), /BND-99: The bundle refers to 5201 files and folders, but at most 5000 are allowed/);
});

test("content that is longer than declared", async () => {
  const content = Buffer.alloc(100 * 1024 ** 2);
  await refused(bundle(one, { name: "data", content, claim: { size: 10 } }), /BND-02: .*data is damaged/);
  await refused(bundle(one, { name: "data/x", content, claim: { size: 10 } }), /BND-02: .*data\/x is damaged/);
  const entries = bundle(one, { name: "data", content: "" }).map((entry) =>
    entry.name === "terms.md" ? { ...entry, content, claim: { size: 10 } } : entry,
  );
  await refused(entries, /BND-02: .*terms\.md is damaged/);
});

test("a text that is too long", async () => {
  const entries = bundle(one, { name: "data", content: "" }).map((entry) =>
    entry.name === "terms.md" ? { ...entry, content: "a".repeat(6 * 1024 ** 2) } : entry,
  );
  await refused(entries, /BND-99 terms: terms\.md has more than 5242880 bytes/);
});

test("a long page that is listed many times", async () => {
  const pages = Array.from({ length: 30 }, () => ({ title: "p", file: "terms.md" }));
  const entries = bundle(one, { name: "data", content: "" }).map((entry) => {
    if (entry.name === "competition.yaml")
      return { ...entry, content: JSON.stringify({ ...JSON.parse(yaml(one)), pages }) };
    return entry.name === "terms.md" ? { ...entry, content: "a".repeat(1024 ** 2) } : entry;
  });
  await refused(entries, /BND-99 pages\[\d+\]\.file: The pages have more than 20971520 characters in total/);
});
