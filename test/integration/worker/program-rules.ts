import assert from "node:assert/strict";
import { describe } from "@jest/globals";
import { artifacts } from "../../../contract/job.ts";
import { assertSucceeded } from "./assert-report.ts";
import { containerOf, python, results, stepOf, trivialScoring } from "./lab.ts";
import type { Suite } from "./suite.ts";

/** How commands and metadata are read, and what becomes results: by code that is the same whatever launcher runs it. */
export function programRules({ lab, it }: Suite): void {
  describe("programs", () => {
    it("scores results: they become the prediction's output; scoring finds them, the truth and metadata (R-20, R-21, R-24, R-26, R-31, R-61)", async () => {
      const finished = await lab().run({
        submission: { ...results, "deep/er/file.txt": "deep", "empty/": "" },
        scoring: python(
          [
            "import os, json",
            "print(open('/app/input/res/answer.txt').read(), end='')",
            "print(open('/app/input/res/deep/er/file.txt').read(), os.listdir('/app/input/res/empty'))",
            "print(open('/app/input/ref/truth.txt').read())",
            "print(open('/app/input/res/metadata').read())",
            "json.dump({'accuracy': 0.5}, open('/app/output/scores.json', 'w'))",
          ].join("\n"),
        ),
        referenceData: { "truth.txt": "the truth" },
      });
      assertSucceeded(finished);
      const { attempt, report } = finished;
      assert.deepEqual(await lab().output(attempt, "prediction"), {
        "answer.txt": "42\n",
        "deep/er/file.txt": "deep",
        "empty/": "",
        metadata: "exitCode: null\nelapsedTime: null\ningestionExitCode: null\ningestionElapsedTime: null\n",
      });
      assert.match(
        await lab().text(attempt, "scoring/program.stdout.log"),
        /^42\ndeep \[\]\nthe truth\nexitCode: null\nelapsedTime: null\n/,
      );
      assert.equal(await lab().text(attempt, "scoring/scores.json"), '{"accuracy": 0.5}');
      assert.deepEqual(stepOf(report, "scoring").collected, ["scores.json"]);
      assert.equal(containerOf(report, "prediction").ran, false);
      assert.equal(containerOf(report, "scoring").exitCode, 0);
      assert.match(stepOf(report, "prediction").md5.submission ?? "", /^[0-9a-f]{32}$/);
      // The end of the last step is told by the report; that it ran, only if somebody looked while it did.
      assert.deepEqual(
        attempt.progress.flatMap(({ step, stage }) =>
          step === "scoring" && stage !== "preparing" ? [] : `${step} ${stage}`,
        ),
        ["prediction preparing", "prediction done", "scoring preparing"],
      );
    });

    it("runs a submission's own command, which may write where it is, and records how it ended (R-41, R-61, R-63)", async () => {
      const finished = await lab().run({
        submission: python(
          "import sys; open('scribble', 'w').write('x'); open('/app/output/p.txt', 'w').write('p'); sys.exit(7)",
        ),
        scoring: trivialScoring,
      });
      assertSucceeded(finished);
      assert.equal(containerOf(finished.report, "prediction").exitCode, 7);
      const output = await lab().output(finished.attempt, "prediction");
      assert.deepEqual(Object.keys(output).sort(), ["metadata", "p.txt"]);
      assert.match(output.metadata ?? "", /^exitCode: 7\nelapsedTime: [\d.]+\n/);
    });

    it("scoring finds every file and link of the prediction, whatever its name; the report names what is left out (R-67, R-68)", async () => {
      const finished = await lab().run({
        submission: python(
          [
            "import os; os.chdir('/app/output')",
            "for name in (b'C:x', b'back\\\\slash', b'caf\\xe9', b'Case', b'case'): open(name, 'wb').write(name)",
            "os.mkdir('run-3'); open('run-3/x', 'w').write('x'); os.symlink('run-3', 'latest')",
            "os.symlink('/etc/passwd', 'outside'); os.utime('Case', (-1e9, -1e9))",
          ].join("\n"),
        ),
        scoring: python(
          [
            "import os; os.chdir('/app/input/res')",
            "print(sorted(os.listdir(b'.')), open('latest/x').read(), open(b'caf\\xe9', 'rb').read())",
            "open('/app/output/all.json', 'w').write('{}'); os.symlink('all.json', '/app/output/scores.json')",
          ].join("\n"),
        ),
      });
      assertSucceeded(finished);
      assert.equal(
        await lab().text(finished.attempt, "scoring/program.stdout.log"),
        String.raw`[b'C:x', b'Case', b'back\\slash', b'caf\xe9', b'case', b'latest', b'metadata', b'run-3'] x b'caf\xe9'` +
          "\n",
      );
      assert.deepEqual(stepOf(finished.report, "scoring").collected, ["scores.json"]);
      const [leftOut, renamed] = stepOf(finished.report, "prediction").warnings ?? [];
      assert.deepEqual([leftOut?.code, renamed?.code], ["OUTPUT_LEFT_OUT", "OUTPUT_RENAMED"]);
      assert.match(leftOut?.message ?? "", /lacks "outside", which is a link that has an absolute target\./);
      assert.match(
        renamed?.message ?? "",
        /"C:x" is "C%3Ax"; "back\\slash" is "back%5Cslash"; "caf\u{FFFD}" is "caf%E9"/u,
      );
    });

    it("warns if a program left nothing for the next step (R-78)", async () => {
      const finished = await lab().run({ submission: python("print('done')"), scoring: trivialScoring });
      assertSucceeded(finished);
      const codes = (step: string) => stepOf(finished.report, step).warnings?.map(({ code }) => code);
      assert.deepEqual([codes("prediction"), codes("scoring")], [["OUTPUT_EMPTY"], []]);
    });

    it("warns if all submitted results are in one folder (R-39)", async () => {
      const finished = await lab().run({ submission: { "mine/answer.txt": "42" }, scoring: trivialScoring });
      assertSucceeded(finished);
      const [warning, ...more] = stepOf(finished.report, "prediction").warnings ?? [];
      assert.deepEqual([warning?.code, more], ["SINGLE_FOLDER", []]);
      assert.match(warning?.message ?? "", /in the folder "mine".*zip the content of the folder/);
    });

    it("tokens are replaced, commands split without a shell, and the environment is upstream's (R-35, R-37, R-38)", async () => {
      const show = [
        "import os, sys",
        "print(sys.argv[1:])",
        "print([os.environ[name] for name in ('PYTHONUNBUFFERED', 'http_proxy', 'https_proxy')])",
      ].join("\n");
      const command =
        "command: python3 $program/main.py $input $hidden '$predictions  x' $shared $tmp && echo $HOME * | cat\n";
      const finished = await lab().run({ submission: results, scoring: { metadata: command, "main.py": show } });
      assertSucceeded(finished);
      const argv = [
        "/app/input",
        "/app/input/ref",
        "/app/input/res  x",
        "/app/shared",
        "/app/output",
        "&&",
        "echo",
        "$HOME",
        "*",
        "|",
        "cat",
      ];
      assert.equal(
        await lab().text(finished.attempt, "scoring/program.stdout.log"),
        `[${argv.map((word) => `'${word}'`).join(", ")}]\n['1', '', '']\n`,
      );
    });

    it("metadata.yaml goes before metadata, and keys beside command count for nothing (R-30)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: {
          "metadata.yaml": "description: a test\ncommand: python3 right.py\nimage: another\n",
          metadata: "command: python3 wrong.py\n",
          "right.py": "print('right')",
          "wrong.py": "print('wrong')",
        },
      });
      assertSucceeded(finished);
      assert.equal(await lab().text(finished.attempt, "scoring/program.stdout.log"), "right\n");
    });

    for (const [what, metadata] of [
      ["only describes it", "description: a model"],
      ["is no YAML", "command: [python3"],
      ["is no mapping", "python3 main.py"],
    ] as const)
      it(`a submission whose metadata ${what} neither runs nor is output, and ingestion runs with it (R-32)`, async () => {
        const finished = await lab().run({
          submission: { metadata, "model.py": "answer = 42" },
          ingestion: python("open('/app/output/p.txt', 'w').write(open('/app/ingested_program/model.py').read())"),
          scoring: trivialScoring,
        });
        assertSucceeded(finished);
        assert.equal(containerOf(finished.report, "prediction").ran, false);
        const { metadata: _, ...output } = await lab().output(finished.attempt, "prediction");
        assert.deepEqual(output, { "p.txt": "answer = 42" });
      });

    it("detailed results are detailed_results.html, else the first page by name, and none unless they are enabled (R-66)", async () => {
      const pages = (...names: string[]) =>
        python(names.map((name) => `open('/app/output/${name}', 'w').write('${name}')`).join("\n"));
      const shown = async (detailedResults: boolean, ...names: string[]) => {
        const { attempt } = await lab().run({ submission: results, detailedResults, scoring: pages(...names) });
        return lab().text(attempt, artifacts.collected("scoring", "detailed_results.html"));
      };
      assert.equal(await shown(true, "a.html", "detailed_results.html"), "detailed_results.html");
      assert.equal(await shown(true, "c.html", "b.html", "a.txt"), "b.html");
      assert.equal(await shown(false, "detailed_results.html"), "");
    });
  });
}
