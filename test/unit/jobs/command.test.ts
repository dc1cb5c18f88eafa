import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { substitutionsFor } from "../../../lambdas/competitions/rules/substitutions.ts";
import { readCommand } from "../../../lambdas/jobs/rules/command.ts";
import { splitCommand } from "../../../lambdas/jobs/rules/split-command.ts";
import type { Command } from "../../../lambdas/jobs/rules/command.ts";
import { askPython } from "../competitions/python.ts";

const program = substitutionsFor("program", "scoring", false);

const read = (text: string, substitutions = program): Command => readCommand({ name: "metadata", text }, substitutions);

function argvOf(text: string, substitutions = program): string[] {
  const command = read(text, substitutions);
  assert.equal(command.kind, "run");
  return command.argv;
}

function reasonOf(command: Command, kind: "no-command" | "bad-command"): string {
  assert.equal(command.kind, kind);
  return "reason" in command ? command.reason : "";
}

describe("metadata", () => {
  it("a program without a metadata file has no metadata, which is not the same as no command", () => {
    assert.deepEqual(readCommand(null, program), { kind: "no-metadata" });
  });

  it("a command is run; other keys such as description are ignored (R-30)", () => {
    assert.deepEqual(argvOf("command: python3 score.py\ndescription: Compute scores\nother: [1, 2]\n"), [
      "python3",
      "score.py",
    ]);
  });

  it("a command needs no line end, may stand in quotes, over several lines and after a byte order mark", () => {
    const expected = ["python3", "score.py"];
    assert.deepEqual(argvOf("command: python3 score.py"), expected);
    assert.deepEqual(argvOf('command: "python3 score.py"'), expected);
    assert.deepEqual(argvOf("command: >\n  python3\n  score.py\n"), expected);
    assert.deepEqual(argvOf("command: python3\n  score.py\n"), expected);
    assert.deepEqual(argvOf("command: 'python3\nscore.py'\n"), expected);
    assert.deepEqual(argvOf("\uFEFFcommand: python3 score.py\r\ndescription: x\r\n"), expected);
    assert.deepEqual(argvOf("command: python3 score.py\rdescription: x\r"), expected);
  });

  it("the last of two commands counts, as PyYAML reads it", () => {
    assert.deepEqual(argvOf("command: first\ncommand: second\n"), ["second"]);
  });

  for (const [what, text] of [
    ["an empty file", ""],
    ["only a description", "description: Provides a model to the ingestion program"],
    ["an empty command", "command:\n"],
    ["a null command", "command: ~\n"],
    ["an empty text", 'command: ""\n'],
    ["a blank text", 'command: "  "\n'],
    ["a text instead of a mapping", "This is the authoritative result."],
    ["a list instead of a mapping", "- command: python3 a.py"],
    ["two documents", "command: a\n---\ncommand: b\n"],
    ["broken YAML", "command: python: 'x"],
    ["an unknown tag", "command: !!python/object:os.system x"],
    ["a reserved character", "command: `python3 a.py`"],
    ["lists nested 100000 deep", "[".repeat(100_000)],
    ["more than a million characters", `command: a\ndescription: ${"x".repeat(1_000_000)}`],
  ] as const) {
    it(`metadata with ${what} has no command and says so`, () => {
      assert.match(reasonOf(read(text), "no-command"), /^(metadata|The command in metadata) .+\.$/s);
    });
  }

  it("a reason names the file it is about", () => {
    assert.match(
      reasonOf(readCommand({ name: "metadata.yaml", text: "x: 1" }, program), "no-command"),
      /^metadata\.yaml /,
    );
  });

  for (const [what, text] of [
    ["a list", "command: [python3, score.py]"],
    ["a number", "command: 12"],
    ["a mapping", "command: {python3: score.py}"],
    ["an open single quote", "command: python3 it's.py"],
    ["an open double quote", 'command: python3 "score.py'],
    ["a lone backslash at its end", "command: python3 score.py \\"],
    ["a NUL character", 'command: "python3 \\0 score.py"'],
    ["an escaped NUL character", 'command: "python3 \\\\\\0"'],
  ] as const) {
    it(`a command that is or has ${what} is a bad command, with a reason`, () => {
      assert.match(reasonOf(read(text), "bad-command"), /^The command in metadata .+\.$/);
    });
  }
});

describe("substitution", () => {
  it("is made in the order of the tokens, in every place, without word boundaries and without regular expressions", () => {
    const substitutions: [string, string][] = [
      ["$a", "$b$&"],
      ["$b", "x"],
    ];
    assert.deepEqual(argvOf("command: $a $a$b $abc", substitutions), ["x$&", "x$&x", "x$&bc"]);
  });

  it("happens before the command is split", () => {
    assert.deepEqual(argvOf("command: run $a 'in $a'", [["$a", "one two"]]), ["run", "one", "two", "in one two"]);
  });

  it("unit vector: ingestion in prediction (R-38)", () => {
    const argv = argvOf(
      "command: run $ingestion_program/a $input $output $submission_program",
      substitutionsFor("ingestion", "prediction", false),
    );
    assert.deepEqual(argv, ["run", "/app/program/a", "/app/input_data", "/app/output", "/app/ingested_program"]);
  });

  for (const step of ["prediction", "scoring"] as const) {
    it(`unit vector: program in ${step}`, () => {
      const argv = argvOf("command: run $program/b $input $output", substitutionsFor("program", step, false));
      assert.deepEqual(argv, ["run", "/app/program/b", "/app/input", "/app/output"]);
    });
  }

  it("unit vector: program in scoring with the names of v1.8 (R-38)", () => {
    assert.deepEqual(argvOf("command: run $hidden $predictions $tmp"), [
      "run",
      "/app/input/ref",
      "/app/input/res",
      "/app/output",
    ]);
  });

  const tokens = [
    "$input",
    "$output",
    "$program",
    "$ingestion_program",
    "$hidden",
    "$shared",
    "$submission_program",
    "$tmp",
    "$predictions",
  ];
  for (const kind of ["program", "ingestion"] as const) {
    for (const step of ["prediction", "scoring"] as const) {
      for (const during of [false, true]) {
        it(`every token of ${kind} in ${step}${during ? " of an ingestion_only_during_scoring task" : ""}`, () => {
          const substitutions = substitutionsFor(kind, step, during);
          assert.deepEqual(
            substitutions.map(([token]) => token),
            tokens,
            "the order of replacement is part of the contract",
          );
          assert.deepEqual(Object.fromEntries(substitutions), {
            $input: kind === "ingestion" ? "/app/input_data" : "/app/input",
            $output: "/app/output",
            $program: during && step === "scoring" ? "/app/ingestion_program" : "/app/program",
            $ingestion_program: "/app/program",
            $hidden: "/app/input/ref",
            $shared: "/app/shared",
            $submission_program: "/app/ingested_program",
            $tmp: "/app/output",
            $predictions: step === "scoring" ? "/app/input/res" : "/app/output",
          });
        });
      }
    }
  }
});

describe("splitting", () => {
  const commands = [
    "",
    "  \t\r\n ",
    "a b  c",
    "a 'b c' \"d e\"",
    "a''b '' \"\"",
    "a\\ b c\\\\d \\'e",
    '"a\\"b" "a\\\\b" "a\\$b" "a\\nb"',
    "'a\\'b'",
    "'a\\",
    '"a\\',
    '"a\\"',
    "a # no comment",
    "a && b | c > d; e * ~ $HOME `f`",
    "a\\\nb",
    "'it''s' \"'\"",
    "é\u00a0b\u2028c",
    "\\",
    "'",
    '"',
  ];

  const shlex = (values: string[]) => askPython<string[] | { error: string }>(["shlex"], "shlex.split(value)", values);

  const compare = (values: string[]) =>
    shlex(values).forEach((expected, i) => {
      const actual = splitCommand(values[i] ?? "");
      const shown = JSON.stringify(values[i]);
      if (Array.isArray(expected)) assert.deepEqual(actual, expected, shown);
      else assert.equal(typeof actual, "string", `${shown} must be refused: ${expected.error}`);
    });

  it("is Python's shlex.split for quotes, escapes and what a shell would treat specially", () => compare(commands));

  it("is Python's shlex.split for any text (R-35)", () => {
    const character = fc.constantFrom("a", "b", " ", "\t", "\n", "\r", "'", '"', "\\", "#", "$", "é");
    const text = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(""));
    compare(fc.sample(text, 5000));
  });

  it("no text makes reading it throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        assert.ok(["run", "no-command", "bad-command"].includes(read(text).kind));
        assert.ok(["run", "no-command", "bad-command"].includes(read(`command: ${text}`).kind));
      }),
      { numRuns: 2000 },
    );
  });
});
