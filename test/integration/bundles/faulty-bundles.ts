/** Bundles of both versions with errors in their text, their entries and their bytes, for fuzz.test.ts. */
import fc from "fast-check";
import { JSON_SCHEMA, load } from "js-yaml";
import { logo } from "../../support/competitions.ts";
import { rawZip, type Entry } from "./raw-zip.ts";

const uuid = "0b9c1b1e-6f0b-4f6e-9a3e-2f1d3c4b5a69";

export const version2 = `version: 2
title: Wheat
image: logo.png
terms: pages/terms.md
queue: ${uuid}
pages:
  - {title: Overview, file: pages/overview.md}
tasks:
  - {index: 0, name: One, scoring_program: scoring/, reference_data: reference.zip, input_data: data}
  - {index: 1, name: Two, scoring_program: scoring, ingestion_program: "ingestion"}
solutions:
  - {index: 0, path: data, tasks: [0, 1]}
phases:
  - {name: A, start: 2026-01-01, end: '2026-02-01 13:30', tasks: [0], public_data: data, starting_kit: reference.zip}
  - {name: B, start: 2026-03-01, tasks: [1, 0]}
leaderboards:
  - title: Results
    key: main
    columns:
      - {title: C, key: c, index: 0}
      - {title: D, key: d, index: 1, computation: avg, computation_indexes: [0]}
`;
export const version15 = `title: Hello
image: logo.png
html: {overview: pages/overview.md, terms: pages/terms.md}
phases:
  1: {phasenumber: 1, label: First, start_date: 2026-01-01, scoring_program: reference.zip, reference_data: reference.zip}
  2: {phasenumber: 2, label: Second, start_date: 2026-02-01, scoring_program: reference.zip}
leaderboard:
  leaderboards: {R: &R {label: RESULTS, rank: 1}}
  columns: {c: {leaderboard: *R, label: C, rank: 1}}
`;

const entriesOf = (yaml: string | Buffer): Entry[] => [
  { name: "competition.yaml", content: yaml },
  { name: "logo.png", content: logo },
  { name: "pages/terms.md", content: "Be fair." },
  { name: "pages/overview.md", content: "# Wheat\n\nText" },
  { name: "scoring/metadata", content: "command: python score.py" },
  { name: "scoring/score.py", content: "print(1)\n".repeat(50), mode: 0o100755 },
  { name: "ingestion/metadata", content: "command: python ingest.py", stored: true },
  { name: "data/train.csv", content: "1,2\n".repeat(500) },
  { name: "data/more/test.csv", content: "" },
  { name: "reference.zip", content: rawZip([{ name: "metadata", content: "command: python score.py" }]), stored: true },
  { name: "__MACOSX/._logo.png", content: "x" },
];

const yaml = fc.constantFrom(version2, version2, version15);
/** A uniformly distributed position between 0 and 1. (Doubles would mostly be close to 0.) */
const place = fc.noBias(fc.nat({ max: 9999 })).map((n) => n / 10_000);

/** Words with a meaning in YAML, dates, paths or bundles. */
const word = fc.constantFrom(
  "yes",
  "~",
  "",
  "010",
  ".nan",
  "2026-01-01",
  "2026-13-45",
  "0001-01-01 00:00 +14:00",
  "9999-12-31 23:59 -10:00",
  "[",
  "]",
  "{",
  "}",
  "- ",
  ": ",
  "#",
  "|",
  "&a",
  "*a",
  "<<: *R",
  "? ",
  "!!str",
  "'",
  '"',
  "\\",
  "../x",
  "/etc/passwd",
  "logo.png",
  "data/",
  "\t",
  "\n",
  "\n  ",
  "-1",
  "99999999999999999999",
  "__proto__",
  "\u0000",
  '"\\0"',
  '"\\ud800"',
  "🌾",
  "null",
  "avg",
  "Force_Best",
  uuid,
  `{index: 2, key: ${uuid}}`,
  "pages/terms.md",
  "scoring",
  "x".repeat(300),
  "é".repeat(200),
);
const edits = fc.array(
  fc.record({
    at: place,
    remove: fc.nat({ max: 12 }),
    insert: fc.oneof(word, fc.string({ maxLength: 6, unit: "binary" })),
    line: fc.boolean(),
  }),
  { minLength: 1, maxLength: 2 },
);
const editedText = fc.tuple(yaml, edits).map(([text, changes]) =>
  changes.reduce<string>((edited, { at, remove, insert, line }) => {
    const from = Math.floor(at * edited.length);
    const end = line ? edited.indexOf("\n", from) + 1 : from + remove;
    return edited.slice(0, from) + insert + edited.slice(Math.max(end, from));
  }, text),
);

/** All paths from the root to a node of a tree. */
const ways = (tree: unknown): string[][] =>
  typeof tree === "object" && tree !== null
    ? [[], ...Object.entries(tree).flatMap(([step, below]) => ways(below).map((way) => [step, ...way]))]
    : [[]];
function replaced(tree: unknown, way: string[], value: unknown): unknown {
  const [step, ...rest] = way;
  if (step === undefined) return value;
  const entries = Object.entries(tree as object).flatMap(([key, below]: [string, unknown]) => {
    if (key !== step) return [[key, below] as const];
    const changed = replaced(below, rest, value);
    return changed === undefined ? [] : [[key, changed] as const];
  });
  return Array.isArray(tree) ? entries.map(([, below]) => below) : Object.fromEntries(entries);
}
const places = [version2, version15].flatMap((text) => {
  const tree = load(text, { schema: JSON_SCHEMA });
  return ways(tree).map((way) => ({ tree, way }));
});
const value = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    "",
    "x",
    0,
    1,
    -1,
    1.5,
    2147483648,
    true,
    [],
    {},
    [0],
    [0, 0, 1],
    ["0"],
    "2026-01-01",
    "1-1-2026",
    "data",
    "data/",
    "reference.zip",
    "../x",
    "/etc/passwd",
    "logo.png",
    "pages",
    uuid,
    uuid.toUpperCase(),
    [{ index: 0, key: uuid }],
    "Force_Best",
    "avg",
    "x".repeat(300),
    "\0",
    "a@b.org",
    "true",
    [{}],
    { a: { b: 1 } },
    "9".repeat(400),
    "benchmark",
  ),
  fc.string({ maxLength: 8, unit: "binary" }),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Replaces or removes one value anywhere. */
const editedTree = fc
  .tuple(fc.constantFrom(...places), value)
  .map(([{ tree, way }, changed]) => (JSON.stringify(replaced(tree, way, changed)) as string | undefined) ?? "");

/** Values that are valid in a competition but may be difficult for a database or a clock. */
const oddYaml = fc
  .record({
    title: fc.string({ unit: "grapheme", maxLength: 260 }),
    description: fc.string({ unit: "binary", maxLength: 40 }),
    start: fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true }),
    limit: fc.oneof(fc.nat(), fc.constantFrom(2147483647, 2147483648, null)),
    precision: fc.integer({ min: -12, max: 102 }),
    path: fc.constantFrom(
      "data",
      "scoring",
      "./data//",
      "data/more/test.csv",
      uuid,
      "logo.png",
      "competition.yaml",
      "pages",
    ),
    selection: fc.jsonValue(),
  })
  .map(({ title, description, start, limit, precision, path, selection }) =>
    JSON.stringify({
      version: 2,
      title,
      description,
      image: "logo.png",
      terms: "pages/terms.md",
      pages: [{ title, file: "pages/overview.md" }],
      fact_sheet: {
        q: { key: "q", type: "select", title, selection, is_required: "true", is_on_leaderboard: "false" },
      },
      tasks: [{ index: title, name: title, scoring_program: path, reference_data: "data" }],
      phases: [
        {
          name: title,
          start: start.toISOString(),
          tasks: [title],
          max_submissions: limit,
          execution_time_limit: limit,
        },
      ],
      leaderboards: [
        {
          title: title.slice(0, 64),
          key: "k",
          columns: [{ title: "c", key: title.slice(0, 36), index: 0, precision }],
        },
      ],
    }),
  );

const edgeNumber = fc.oneof(
  fc.constantFrom(0, 1, 8, 9, 12, 93, 99, 0xff, 0x800, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff),
  fc.nat({ max: 5000 }),
);
const oddName = fc.oneof(
  fc.constantFrom<string | Buffer>(
    "",
    ".",
    "..",
    "/",
    "//",
    "../../outside",
    "a/../../outside",
    "/etc/passwd",
    "C:/x",
    "..\\..\\outside",
    "data/..",
    "data//x",
    "data/./y",
    "./data/z",
    "data",
    "data/",
    "competition.yaml",
    "./competition.yaml",
    "COMPETITION.YAML",
    "competition.yaml/x",
    "logo.png/x",
    "scoring/score.py",
    "pages/terms.md",
    "data/a\0b",
    "data/\u202e",
    "data/" + "d/".repeat(1500) + "x",
    "data/" + "n".repeat(5000),
    "data/con",
    "data/a:b",
    Buffer.from("data/\xff\xfe", "latin1"),
    "data/é",
    "data/e\u0301",
  ),
  fc.string({ maxLength: 20, unit: "binary" }),
);
const claim = fc
  .record(
    {
      method: edgeNumber,
      flags: edgeNumber,
      crc: edgeNumber,
      packedSize: edgeNumber,
      size: edgeNumber,
      offset: edgeNumber,
      time: edgeNumber,
      date: edgeNumber,
    },
    { requiredKeys: [] },
  )
  .map((said) => ({
    ...said,
    ...Object.fromEntries(
      (["method", "flags", "time", "date"] as const).flatMap((k) =>
        said[k] === undefined ? [] : [[k, said[k] & 0xffff]],
      ),
    ),
  }));
const oneClaim = fc
  .tuple(fc.constantFrom("method", "flags", "crc", "packedSize", "size", "offset"), edgeNumber)
  .map(([key, value]) => ({
    [key]: key === "method" || key === "flags" ? value & 0xffff : value,
  }));
const zip64Extra = fc
  .array(fc.constantFrom(0n, 1n, 0xffff_ffffn, 2n ** 40n, 2n ** 53n, 2n ** 64n - 1n), { maxLength: 3 })
  .map((values) => {
    const extra = Buffer.alloc(4 + values.length * 8);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(values.length * 8, 2);
    values.forEach((value, i) => extra.writeBigUInt64LE(value, 4 + 8 * i));
    return extra;
  });
const extraField = fc.oneof(
  zip64Extra,
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
);

/** Changes one entry, or the order or number of entries, or adds an entry. */
const entryEdit = fc.oneof(
  fc.record({ at: place, claim: fc.oneof(oneClaim, claim) }),
  fc.record({ at: place, extra: extraField, claim: oneClaim }),
  fc.record({ at: place, name: oddName }),
  fc.record({ at: place, mode: fc.constantFrom(0o120777, 0o040755, 0o060644, 0o104755, 0) }),
  fc.record({
    at: place,
    stored: fc.boolean(),
    content: fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(Buffer.alloc(0), Buffer.alloc(300_000, 7)),
    ),
  }),
);
const editedEntries = fc
  .record({
    text: yaml,
    edits: fc.array(entryEdit, { maxLength: 2 }),
    added: fc.array(oddName, { maxLength: 1 }),
    drop: fc.option(place, { freq: 8 }),
    count: fc.option(edgeNumber, { freq: 12 }),
    comment: fc.constantFrom("", "", "PK\x05\x06", "a comment"),
  })
  .map(({ text, edits, added, drop, count, comment }) => {
    const entries = entriesOf(text);
    for (const { at, ...change } of edits) {
      const index = Math.floor(at * entries.length);
      entries[index] = { ...entries[index]!, ...change };
    }
    entries.push(...added.map((name) => ({ name, content: "added" })));
    if (drop !== null) entries.splice(Math.floor(drop * entries.length), 1);
    return rawZip(entries, { comment, ...(count === null ? {} : { count: count & 0xffff }) });
  });

const encodings: ((text: string) => Buffer)[] = [
  (text) => Buffer.from(text, "utf16le"),
  (text) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]),
  (text) => Buffer.from(`é${text}`, "latin1"),
  (text) => Buffer.from(`\ufeff${text}`),
  (text) => Buffer.from(`${text}\0`),
  (text) => Buffer.concat([Buffer.from(text), Buffer.from([0xed, 0xa0, 0x80, 0xc0, 0x80])]),
  (text) => Buffer.from(`\u0085\u2028${text}`),
  () => Buffer.alloc(0),
  () => Buffer.from("\ufeff"),
  () => Buffer.from(" \n"),
  () => Buffer.alloc(6 * 1024 ** 2, "a: b\n"),
];
const editedEncoding = fc
  .tuple(
    yaml,
    fc.constantFrom("competition.yaml", "logo.png", "pages/terms.md", "pages/overview.md"),
    fc.constantFrom(...encodings),
  )
  .map(([text, name, encode]) =>
    rawZip(
      entriesOf(text).map((entry) =>
        entry.name === name ? { ...entry, content: encode(String(entry.content)) } : entry,
      ),
    ),
  );

/** Changes a few bytes of a valid zip, most often near its end, where the directory is. */
const editedBytes = fc
  .tuple(
    yaml,
    fc.array(
      fc.record({
        at: place,
        nearEnd: fc.boolean(),
        remove: fc.nat({ max: 40 }),
        insert: fc.uint8Array({ maxLength: 8 }),
        keep: fc.boolean(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce<Buffer>(
      (bytes, { at, nearEnd, remove, insert, keep }) => {
        const reach = nearEnd ? Math.min(bytes.length, 900) : bytes.length;
        const from = bytes.length - reach + Math.floor(at * reach);
        return Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + (keep ? insert.length : remove))]);
      },
      rawZip(entriesOf(text)),
    ),
  );
const cutBytes = fc.tuple(yaml, place, place).map(([text, from, to]) => {
  const bytes = rawZip(entriesOf(text));
  return bytes.subarray(Math.floor((from * bytes.length) / 3), Math.ceil(to * bytes.length));
});

/** A bundle with this competition.yaml and all files that it refers to. */
export const inZip = (text: string) => rawZip(entriesOf(text));
/** Prints counterexamples as base64. */
const readable = (content: Buffer) => ({ content, [fc.toStringMethod]: () => content.toString("base64") });
/** Any of them. */
export const bundle = fc
  .oneof(
    { arbitrary: editedText.map(inZip), weight: 2 },
    { arbitrary: editedTree.map(inZip), weight: 6 },
    { arbitrary: oddYaml.map(inZip), weight: 2 },
    { arbitrary: editedEntries, weight: 6 },
    { arbitrary: editedBytes, weight: 3 },
    { arbitrary: editedEncoding, weight: 1 },
    { arbitrary: cutBytes, weight: 1 },
  )
  .map(readable);
