import assert from "node:assert/strict";
import { describe } from "@jest/globals";
import { artifacts } from "../../../contract/job.ts";
import { assertSucceeded } from "./assert-report.ts";
import { containerOf, python, results, trivialScoring } from "./lab.ts";
import type { Finished } from "./lab.ts";
import type { Suite } from "./suite.ts";

/** What programs find around them and how their commands are read, whatever launcher runs them. */
export function programRules({ lab, launcher, it }: Suite): void {
  describe("what each program finds", () => {
    /** Prints what is in each folder of /app, and into which of them it can write. */
    const look = [
      "import os, json",
      "seen = {}",
      "for folder in sorted(os.listdir('/app')):",
      "  path = '/app/' + folder",
      "  names = sorted(name for name in os.listdir(path) if not name.startswith(('written', 'scores')))",
      "  try: open(path + '/written-' + str(os.getpid()), 'w').close(); writes = True",
      "  except OSError: writes = False",
      "  seen[folder] = names if writes else ['read only'] + names",
      "print(json.dumps({'cwd': os.getcwd(), **seen}))",
    ].join("\n");
    const scoring = python(`${look}\nopen('/app/output/scores.json','w').write('{}')`, { scoring: "" });
    const task = {
      submission: python(look, { submission: "" }),
      scoring,
      ingestion: python(look, { ingestion: "" }),
      inputData: { "x.txt": "x" },
      referenceData: { "truth.txt": "t" },
    };
    const program = (name: string) => ["main.py", "metadata.yaml", name].sort();
    /** Tasks run on no machine that could have data of its own. */
    const data = launcher === "ecs" ? {} : { data: ["read only", "private.txt"] };
    const seenBy = async ({ attempt }: Finished, step: string, name: string) =>
      JSON.parse(await lab().text(attempt, `${step}/${name}.stdout.log`)) as unknown;

    it("a submission with a command, and ingestion beside it: their folders, and no reference data (R-40, R-41, R-42, R-43, R-45)", async () => {
      const finished = await lab().run(task);
      assertSucceeded(finished);
      assert.deepEqual(await seenBy(finished, "prediction", "program"), {
        cwd: "/app/program",
        ...data,
        input: ["x.txt"],
        input_data: ["x.txt"],
        output: [],
        program: program("submission"),
      });
      assert.deepEqual(await seenBy(finished, "prediction", "ingestion"), {
        cwd: "/app/program",
        ...data,
        ingested_program: program("submission"),
        ingestion_program: program("ingestion"),
        input_data: ["x.txt"],
        output: [],
        program: program("ingestion"),
      });
      assert.deepEqual(await seenBy(finished, "scoring", "program"), {
        cwd: "/app/program",
        ...data,
        input: ["ref", "res"],
        output: [],
        program: program("scoring"),
        shared: [],
      });
    });

    it("ingestion_only_during_scoring: scoring and ingestion, and what prediction left (R-22, R-23, R-40, R-43, R-44)", async () => {
      const finished = await lab().run({ ...task, submission: results, ingestionOnlyDuringScoring: true });
      assertSucceeded(finished);
      const shared = {
        cwd: "/app/program",
        ...data,
        input: ["ref", "res"],
        input_data: ["x.txt"],
        output: [],
        shared: [],
      };
      assert.deepEqual(await seenBy(finished, "scoring", "program"), {
        ...shared,
        ingestion_program: program("scoring"),
        program: program("scoring"),
      });
      assert.deepEqual(await seenBy(finished, "scoring", "ingestion"), {
        ...shared,
        ingested_program: ["answer.txt", "metadata"],
        ingestion_program: program("ingestion"),
        program: program("ingestion"),
      });
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
