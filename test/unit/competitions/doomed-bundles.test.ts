/** Bundles whose every run would fail are refused with the cure, and bundles that run are not (B-113). */
import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { describe, it } from "@jest/globals";
import { zipOfEntries } from "../../../lambdas/competitions/service/bundle-import/bundle-folder-zip.ts";
import { readZip } from "../../../lambdas/competitions/service/bundle-import/zip-items.ts";
import { rawZip, type Entry } from "../../integration/bundles/raw-zip.ts";
import { bundleFiles, logo, zip, type Files } from "../../support/competitions.ts";
import { packBundle, examples } from "../../support/examples.ts";
import { inMemory, problemsOf, readBundle } from "./read-bundle.ts";

const scoring = "tasks[0].scoring_program";
const program = { "metadata.yaml": "command: python3 score.py\n", "score.py": "print(1)" };

/** A bundle whose only task has these files; `files` are those of the bundle. */
async function bundle(task: Record<string, string>, files: Files, others: Record<string, unknown> = {}) {
  const {
    "scoring_program/metadata.yaml": metadata,
    "scoring_program/main.py": main,
    ...rest
  } = bundleFiles({
    tasks: [{ index: 0, name: "Only", scoring_program: "scoring_program", ...task }],
    ...others,
  });
  const isReplaced = Object.keys(files).some((path) => path.startsWith("scoring_program/"));
  const usual = { "scoring_program/metadata.yaml": metadata!, "scoring_program/main.py": main! };
  return zip({ ...rest, ...(isReplaced ? {} : usual), ...files });
}

/** The problems of a scoring program in a folder. */
const programIn = async (files: Files) =>
  problemsOf(
    await bundle(
      {},
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`scoring_program/${path}`, text])),
    ),
  );

const messageOf = async (content: Buffer) => (await readBundle(content)).result.problems[0]!.message;

describe("a good bundle has no warnings", () => {
  for (const example of examples)
    it(`examples/${example.name}`, async () =>
      assert.deepEqual(await problemsOf(await packBundle(example, "python:3")), []));

  it("with programs and data as zips, compressed or stored in the bundle", async () => {
    const task = { scoring_program: "s.zip", ingestion_program: "i.zip", input_data: "d.zip", reference_data: "d.zip" };
    const data = await zip({ "train/data.csv": "1\n".repeat(9_000) });
    const archive = await zip(program);
    const files = {
      ...bundleFiles({ tasks: [{ index: 0, name: "T", ...task }] }),
      "s.zip": archive,
      "i.zip": archive,
      "d.zip": data,
    };
    for (const compress of [true, false]) assert.deepEqual(await problemsOf(await zip(files, { compress })), []);
  });

  it("with `metadata` instead of metadata.yaml, and with a command that has tokens and quotes", async () => {
    assert.deepEqual(
      await programIn({ metadata: "description: mine\ncommand: python $program/a.py $input 'x y'", "a.py": "" }),
      [],
    );
  });

  it("with a program of several megabytes before its metadata", async () => {
    const large = Buffer.alloc(9 * 1024 ** 2, "abcdefghijk");
    const archive = await zip({ "model.bin": large, ...program, "z.bin": large });
    assert.deepEqual(await problemsOf(await bundle({ scoring_program: "s.zip" }, { "s.zip": archive })), []);
  });
});

describe("a program that cannot run", () => {
  const folders: [what: string, files: Files, code: string, cure: RegExp][] = [
    ["has no metadata", { "score.py": "" }, "BND-80", /metadata\.yaml at its top level.*command: python3 score\.py/],
    [
      "has a top folder",
      { "program/metadata": "command: x", "program/a.py": "", ".DS_Store": "" },
      "BND-80",
      /Write "scoring_program\/program" instead/,
    ],
    ["has metadata.yml", { "metadata.yml": "command: x", "a.py": "" }, "BND-80", /"metadata\.yml" instead.*Rename it/],
    ["has METADATA", { METADATA: "command: x" }, "BND-80", /Rename it/],
    ["has empty metadata", { metadata: "" }, "BND-81", /metadata is not a mapping/],
    [
      "has metadata that is not YAML",
      { "metadata.yaml": "command: [python" },
      "BND-81",
      /metadata\.yaml is not valid YAML/,
    ],
    ["names no command", { "metadata.yaml": "description: mine" }, "BND-81", /metadata\.yaml has no command/],
    ["leaves a quote open", { "metadata.yaml": `command: python3 "score.py` }, "BND-81", /has no closing "/],
    ["has a list as command", { "metadata.yaml": "command: [python3, score.py]" }, "BND-81", /one line of text/],
  ];
  for (const [what, files, code, cure] of folders) {
    it(`${what}: an error for scoring, a warning for ingestion`, async () => {
      assert.deepEqual(await programIn(files), [`error ${code} ${scoring}`]);
      const at = (folder: string) =>
        Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
      assert.match(await messageOf(await bundle({}, at("scoring_program"))), cure);
      assert.deepEqual(await problemsOf(await bundle({ ingestion_program: "ingestion" }, at("ingestion"))), [
        `warning ${code} tasks[0].ingestion_program`,
      ]);
    });
    it(`${what}: in a zip, too`, async () => {
      for (const archive of [await zip(files), await zip(files, { compress: false })])
        assert.deepEqual(await problemsOf(await bundle({ scoring_program: "s.zip" }, { "s.zip": archive })), [
          `error ${code} ${scoring}`,
        ]);
    });
  }

  it("has a top folder in its zip: the message says how to zip it", async () => {
    const archive = await zip({ "my program/metadata.yaml": "command: x", "__MACOSX/._x": "" });
    const content = await bundle({ scoring_program: "s.zip" }, { "s.zip": archive });
    assert.match(await messageOf(content), /only the folder "my program".*Zip the content of that folder/);
  });

  for (const [name, content] of Object.entries({
    "score.py": "print(1)",
    "score.tar.gz": "\x1f\x8b\x08",
    "score.bin": "7z\xbc\xaf\x27\x1c",
  }))
    it(`is ${name}`, async () => {
      for (const role of ["scoring_program", "ingestion_program"])
        assert.deepEqual(await problemsOf(await bundle({ [role]: name }, { [name]: Buffer.from(content, "latin1") })), [
          `error BND-13 tasks[0].${role}`,
        ]);
    });

  it("runs with its top folder if the bundle says so, as those of CodaLab do (R-39)", async () => {
    const files = { "scoring_program/program/metadata": "command: x", "scoring_program/program/a.py": "" };
    const lift = { lift_top_folders: true };
    assert.deepEqual(await problemsOf(await bundle({}, files, lift)), []);
    const archive = await zip({ "p/metadata": "command: x" });
    assert.deepEqual(await problemsOf(await bundle({ scoring_program: "s.zip" }, { "s.zip": archive }, lift)), []);
  });

  it("is used by two tasks: one error", async () => {
    const tasks = [0, 1].map((index) => ({ index, name: `T${index}`, scoring_program: "scoring_program" }));
    const content = await bundle({}, { "scoring_program/score.py": "" }, { tasks });
    assert.deepEqual(await problemsOf(content), [`error BND-80 ${scoring}`]);
  });
});

describe("data that workers cannot unpack", () => {
  const entries: [what: string, entry: Entry, reason: RegExp][] = [
    [
      "is encrypted",
      { name: "truth.csv", content: "1", claim: { flags: 0x0801 } },
      /is encrypted \("truth\.csv"\); create it without a password/,
    ],
    [
      "is compressed with Deflate64",
      { name: "truth.csv", content: "1", claim: { method: 9 } },
      /with Deflate64, but only Deflate/,
    ],
    [
      "has a link that leads outside",
      { name: "a/truth.csv", content: "../../etc/passwd", mode: 0o120777 },
      /link that leads out of its folder, "a\/truth\.csv"; replace it by a file/,
    ],
    ["has an absolute link", { name: "truth.csv", content: "/etc/passwd", mode: 0o120777 }, /absolute target/],
    ["has a device", { name: "null", content: "", mode: 0o020666 }, /special file/],
    ["leads out of its folder", { name: "../truth.csv", content: "1" }, /path that leads out of it/],
  ];
  for (const [what, entry, reason] of entries)
    it(what, async () => {
      const content = await bundle({ reference_data: "truth.zip" }, { "truth.zip": rawZip([entry]) });
      assert.deepEqual(await problemsOf(content), ["error BND-14 tasks[0].reference_data"]);
      assert.match(await messageOf(content), reason);
    });

  it("is a zip that was cut off", async () => {
    const archive = (await zip({ "truth.csv": "1\n".repeat(99) })).subarray(0, -30);
    const content = await bundle({ reference_data: "truth.zip" }, { "truth.zip": archive });
    assert.deepEqual(await problemsOf(content), ["error BND-14 tasks[0].reference_data"]);
  });

  it("is not judged if it has very many entries, because their list may not fit in memory", async () => {
    const encrypted = { name: "truth.csv", content: "1", claim: { flags: 0x0801 } };
    const problems = async (count: number) =>
      problemsOf(await bundle({ reference_data: "truth.zip" }, { "truth.zip": rawZip([encrypted], { count }) }));
    assert.deepEqual(await problems(50_001), []);
    assert.deepEqual(await problems(50_000), ["error BND-14 tasks[0].reference_data"]);
  });

  it("is another kind of archive", async () => {
    for (const name of ["truth.tar", "truth.tgz", "truth.rar"])
      assert.deepEqual(await problemsOf(await bundle({ input_data: name }, { [name]: "x" })), [
        "error BND-13 tasks[0].input_data",
      ]);
  });

  it("is not what a link inside the archive is, whether in a zip or in a folder (B-115)", async () => {
    const link = { name: "b/link.csv", content: "../a.csv", mode: 0o120777 };
    const archive = rawZip([{ name: "a.csv", content: "1" }, link]);
    assert.deepEqual(await problemsOf(await bundle({ reference_data: "d.zip" }, { "d.zip": archive })), []);

    const yaml = bundleFiles({
      tasks: [{ index: 0, name: "T", scoring_program: "scoring_program", reference_data: "data" }],
    });
    const entries = Object.entries(yaml).map(([name, content]) => ({ name, content }));
    const inFolder = [
      { name: "data/a.csv", content: "1" },
      { ...link, name: "data/b/link.csv" },
    ];
    const read = await readBundle(rawZip([...entries, ...inFolder]));
    assert.deepEqual(read.result.problems, []);
    const made = zipOfEntries(read.archive.filesUnder("data"), (entry) => read.archive.raw(entry));
    const { items } = await readZip(inMemory(await buffer(made.pieces())));
    assert.deepEqual(
      items.map(({ path, kind }) => `${kind} ${path}`),
      ["file a.csv", "link b/link.csv"],
    );
  });
});

describe("a file as data is put in a zip (B-114)", () => {
  it("whatever it is, unless it is an archive", async () => {
    const files = { "labels.csv": "1\n2\n", "more.csv.gz": Buffer.from("\x1f\x8b\x08", "latin1") };
    const content = await bundle({ reference_data: "labels.csv", input_data: "more.csv.gz" }, files);
    const { result, archive } = await readBundle(content);
    assert.ok(result.ok);
    const [task] = result.competition.tasks;
    assert.ok(task && "files" in task);
    assert.deepEqual(task.files.reference_data, { from: "bundle", path: "labels.csv", zipped: true });
    assert.deepEqual(task.files.input_data, { from: "bundle", path: "more.csv.gz", zipped: true });
    const made = zipOfEntries(archive.filesUnder("labels.csv"), (entry) => archive.raw(entry));
    const again = await readBundle(await bundle({ reference_data: "d.zip" }, { "d.zip": await buffer(made.pieces()) }));
    assert.ok(again.result.ok);
  });
});

describe("names in a bundle", () => {
  it("may look like a drive or an absolute path (B-115)", async () => {
    const files = bundleFiles();
    const entries = [
      ...Object.entries(files),
      ["A:1.txt", "x"],
      ["data/c:2.txt", "y"],
      ["/logo.png", files["logo.png"]],
    ];
    const tasks = [{ index: 0, name: "Only", scoring_program: "scoring_program", input_data: "data" }];
    const yaml = bundleFiles({ tasks })["competition.yaml"]!;
    const content = rawZip(
      entries.map(([name, text]) => ({ name: name as string, content: name === "competition.yaml" ? yaml : text! })),
    );
    const { result, archive } = await readBundle(content);
    assert.deepEqual(result.problems, []);
    assert.deepEqual(
      archive.filesUnder("data").map(({ name }) => name),
      ["c:2.txt"],
    );
  });
});

describe("a program that seems to need a network (BND-84)", () => {
  const needs: [file: string, line: string][] = [
    ["metadata.yaml", "command: bash -c 'pip install numpy && python3 score.py'"],
    ["score.py", 'subprocess.run([sys.executable, "-m", "pip", "install", "numpy"])'],
    ["lib/setup.sh", "wget -q https://example.org/model.bin"],
    ["score.py", "data = urllib.request.urlopen('https://example.org').read()"],
  ];
  const content = (file: string, line: string, others: object = {}) =>
    bundle(
      {},
      Object.fromEntries(
        Object.entries({ ...program, [file]: line }).map(([path, text]) => [`scoring_program/${path}`, text]),
      ),
      { ...others },
    );
  for (const [file, line] of needs)
    it(`${file}: ${line}`, async () => {
      assert.deepEqual(await problemsOf(await content(file, line)), [`warning BND-84 ${scoring}`]);
      assert.match(await messageOf(await content(file, line)), new RegExp(file));
      assert.deepEqual(await problemsOf(await content(file, line, { enable_network: true })), []);
    });

  it("is not one that only mentions it in a comment", async () => {
    assert.deepEqual(await problemsOf(await content("score.py", "# pip install numpy\nprint(1)")), []);
  });
});

describe("a logo (B-26)", () => {
  const named = (name: string, content: Buffer) => bundle({}, { [name]: content }, { image: name });
  const jpeg = Buffer.from(
    "ffd8ffe000104a46494600010100000100010000ffe10008ffd90000ffda0008010100003f00d2cf20ffd9",
    "hex",
  );
  const whole = {
    png: logo,
    jpeg,
    gif: Buffer.from("GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01D\0;", "latin1"),
    webp: Buffer.from("RIFF\x0e\0\0\0WEBPVP8L\x02\0\0\0/\0", "latin1"),
  };
  for (const [format, image] of Object.entries(whole)) {
    it(`may have any name if it is a ${format}, and trailing bytes`, async () => {
      for (const name of ["logo.jfif", "logo.svg", "logo"])
        assert.deepEqual(await problemsOf(await named(name, Buffer.concat([image, Buffer.alloc(9)]))), []);
    });
    it(`is refused if it is a ${format} without its end`, async () => {
      const content = await named("logo.png", image.subarray(0, -2));
      assert.deepEqual(await problemsOf(content), ["error BND-23 image"]);
      assert.match(await messageOf(content), /The end of the logo "logo\.png" is missing/);
    });
  }

  it("is refused if it is no image, whatever its name", async () => {
    assert.deepEqual(await problemsOf(await named("logo.png", Buffer.from("<svg/>"))), ["error BND-23 image"]);
  });
});

describe("an image that cannot be pulled (BND-82)", () => {
  for (const image of ["https://hub.docker.com/r/me/mine", "Me/Mine", "my image"])
    it(image, async () => {
      assert.deepEqual(await problemsOf(await bundle({}, {}, { docker_image: image })), ["error BND-82 docker_image"]);
    });
});
