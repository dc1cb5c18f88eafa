/** Programs that start, but probably not as the organizer means it, and data in a folder too many: warnings (B-113). */
import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { rawZip } from "../../integration/bundles/raw-zip.ts";
import { bundleFiles, zip, type Files } from "../../support/competitions.ts";
import { problemsOf, readBundle } from "./read-bundle.ts";

/** A bundle with a scoring program in a zip: its command and its files. */
async function withProgram(command: string, files: { name: string; content?: string; mode?: number }[] = []) {
  const entries = [{ name: "metadata.yaml", content: `command: ${JSON.stringify(command)}\n` }, ...files];
  const archive = rawZip(entries.map((entry) => ({ content: "", ...entry })));
  return bundleWith({ scoring_program: "s.zip" }, { "s.zip": archive });
}

const bundleWith = (task: Record<string, string>, files: Files) =>
  zip({
    ...bundleFiles({ tasks: [{ index: 0, name: "Only", scoring_program: "scoring_program", ...task }] }),
    ...files,
  });

const messagesOf = async (content: Buffer) => {
  const { problems } = (await readBundle(content)).result;
  return problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`);
};

describe("a doubtful command", () => {
  const doubts: [command: string, code: string, says: RegExp][] = [
    ["python3 s.py", "BND-85", /starts "s\.py", but the program has no such file/],
    ["python3 -u -W ignore s.py $input", "BND-85", /"s\.py"/],
    ["python3 $program/lib/score.py", "BND-85", /"lib\/score\.py"/],
    ["/usr/bin/python3 Score.py", "BND-85", /"Score\.py"/],
    ["./start.sh", "BND-85", /"start\.sh"/],
    ["bash start.sh", "BND-85", /"start\.sh"/],
    ["cd code", "BND-86", /No shell runs the command, so "cd"/],
    ["python3 score.py && echo done", "BND-86", /"&&"/],
    ["python3 score.py | tee log", "BND-86", /"\|"/],
    ["python3 score.py > $output/log", "BND-86", /">"/],
    ["python3 score.py 2>&1", "BND-86", /"2>&1"/],
    ["python3 score.py; ls", "BND-86", /"score\.py;"/],
    ["SEED=1 python3 score.py", "BND-86", /"SEED=1"/],
    ["python3 score.py $inputs $output", "BND-87", /"\$inputs" in the command.*\$input, \$output, \$program/],
    ["python3 score.py $HOME", "BND-87", /"\$HOME"/],
    ["./run.sh", "BND-88", /"run\.sh", which is not executable/],
    ["./windows.sh", "BND-88", /"windows\.sh" end as on Windows/],
    ["bash windows.sh", "BND-88", /end as on Windows/],
  ];
  const files = [
    { name: "score.py", content: "print(1)" },
    { name: "run.sh", content: "#!/bin/sh\n" },
    { name: "windows.sh", content: "#!/bin/sh\r\nls\r\n", mode: 0o100755 },
  ];
  for (const [command, code, says] of doubts)
    it(`${command}: ${code}`, async () => {
      const messages = await messagesOf(await withProgram(command, files));
      assert.equal(messages.length, 1, messages.join("\n"));
      assert.match(messages[0]!, new RegExp(`^warning ${code} `));
      assert.match(messages[0]!, says);
    });
});

describe("a command without doubts", () => {
  for (const command of [
    "python3 score.py $input $output $predictions/a $hidden/b",
    "python3 -m score",
    "python3 -c 'print(1)'",
    "bash -c 'cd x && python3 y.py > $HOME/z; ls'",
    "python3 /opt/score.py",
    "python3 $submission_program/main.py",
    "./run.sh --level 1",
    "score --names a;b",
    "Rscript --vanilla lib/score.R",
  ])
    it(command, async () => {
      const files = [{ name: "score.py" }, { name: "lib/score.R" }, { name: "run.sh", mode: 0o100755 }];
      assert.deepEqual(await problemsOf(await withProgram(command, files)), []);
    });
});

describe("data that was zipped with its folder", () => {
  it("is a warning that names the folder", async () => {
    for (const path of ["truth.zip", "data/truth.zip"]) {
      const archive = await zip({ "truth/a.csv": "1", "__MACOSX/truth/._a.csv": "", "truth/.DS_Store": "" });
      const [message, ...more] = await messagesOf(await bundleWith({ reference_data: path }, { [path]: archive }));
      assert.deepEqual(more, []);
      assert.match(message!, /^warning BND-89 Programs do not find the files directly, but in the folder "truth"/);
    }
    const archive = await zip({ "input_data/a.csv": "1" });
    assert.deepEqual(await problemsOf(await bundleWith({ input_data: "x.zip" }, { "x.zip": archive })), [
      "warning BND-89 tasks[0].input_data",
    ]);
  });

  it("is none if the folder has a name of its own, or is not alone", async () => {
    for (const files of [{ "train/a.csv": "1" }, { "truth/a.csv": "1", "b.csv": "2" }] as Files[])
      assert.deepEqual(
        await problemsOf(await bundleWith({ reference_data: "truth.zip" }, { "truth.zip": await zip(files) })),
        [],
      );
  });
});
