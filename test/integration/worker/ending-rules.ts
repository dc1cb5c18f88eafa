import assert from "node:assert/strict";
import { describe } from "@jest/globals";
import { artifacts } from "../../../contract/job.ts";
import { assertFailed, assertSucceeded } from "./assert-report.ts";
import { containerOf, python, results, stepOf, trivialScoring } from "./lab.ts";
import type { Suite } from "./suite.ts";
import { rawZip } from "./zip.ts";

/** What becomes of programs that cannot run, and of what those that ran leave. */
export function endingRules({ lab, it }: Suite): void {
  describe("programs that cannot run", () => {
    it("a scoring program without a command fails the job with NO_COMMAND (R-33)", async () => {
      const finished = await lab().run({ submission: results, scoring: { "metadata.yaml": "description: nothing" } });
      assertFailed(finished, "NO_COMMAND", "scoring", /program of scoring.*metadata\.yaml has no command/);
    });

    it("a submission without a command, where nothing else runs, fails the job with NO_COMMAND before scoring (R-33)", async () => {
      const finished = await lab().run({
        submission: { "metadata.yaml": "description: nothing" },
        scoring: trivialScoring,
      });
      assertFailed(finished, "NO_COMMAND", "prediction", /metadata\.yaml has no command/);
    });

    it("a command that cannot be split fails the job with BAD_COMMAND", async () => {
      const finished = await lab().run({ submission: results, scoring: { metadata: "command: python3 'main.py" } });
      assertFailed(finished, "BAD_COMMAND", "scoring", /no closing/);
    });

    it("an ingestion program without metadata is left out, its log says so, and scoring goes on (R-34)", async () => {
      const finished = await lab().run({ submission: results, ingestion: { "main.py": "" }, scoring: trivialScoring });
      assertSucceeded(finished);
      assert.equal(containerOf(finished.report, "prediction", "ingestion").ran, false);
      assert.match(
        await lab().text(finished.attempt, "prediction/ingestion.stderr.log"),
        /not run: .*neither metadata\.yaml nor metadata/,
      );
    });

    it("a program that is not there is told by name, with the shell's exit code", async () => {
      const finished = await lab().run({ submission: results, scoring: { metadata: "command: no-such-program" } });
      assertFailed(finished, "PROGRAM_EXIT", "scoring", /exited with code 127: its command was not found/);
      assert.match(await lab().text(finished.attempt, "scoring/program.stderr.log"), /no-such-program/);
    });

    it("an archive that leads out of its folder fails the job with BAD_ARCHIVE and writes nothing", async () => {
      const finished = await lab().run({ submission: rawZip([{ name: "../../../evil" }]), scoring: trivialScoring });
      assertFailed(finished, "BAD_ARCHIVE", "prediction", /"submission".*\.\.\/\.\.\/\.\.\/evil/);
    });

    it("an archive that is no archive fails the job with BAD_ARCHIVE, naming which", async () => {
      const finished = await lab().run({ submission: results, scoring: Buffer.from("not a zip") });
      assertFailed(finished, "BAD_ARCHIVE", "scoring", /"scoring_program"/);
    });
  });

  describe("how programs end", () => {
    it("a scoring program that exits with 3 fails the job once, and its output and logs are kept (R-63, R-64)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python(
          "import sys\nopen('/app/output/part.txt','w').write('part')\nprint('so far')\nprint('oh no', file=sys.stderr)\nsys.exit(3)",
        ),
      });
      assertFailed(finished, "PROGRAM_EXIT", "scoring", /exited with code 3\.$/);
      assert.equal(containerOf(finished.report, "scoring").exitCode, 3);
      assert.equal((await lab().output(finished.attempt, "scoring"))["part.txt"], "part");
      assert.equal(await lab().text(finished.attempt, "scoring/program.stdout.log"), "so far\n");
      assert.equal(await lab().text(finished.attempt, "scoring/program.stderr.log"), "oh no\n");
    });

    it("an ingestion program that exits with 3 is recorded, and scoring runs all the same (R-63)", async () => {
      const finished = await lab().run({
        submission: results,
        ingestion: python("raise SystemExit(3)"),
        scoring: trivialScoring,
      });
      assertSucceeded(finished);
      assert.equal(containerOf(finished.report, "prediction", "ingestion").exitCode, 3);
    });

    it("an output with a file named metadata fails the job with RESERVED_OUTPUT and is kept as it is (R-62)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python("open('/app/output/metadata','w').write('mine')"),
      });
      assertFailed(finished, "RESERVED_OUTPUT", "scoring", /metadata/);
      assert.deepEqual(await lab().output(finished.attempt, "scoring"), { metadata: "mine" });
    });

    it("an output that is too large fails the job with OUTPUT_TOO_LARGE and is not kept (R-51)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python("import os\nopen('/app/output/noise','wb').write(os.urandom(2_000_000))"),
        limits: { outputBytes: 1_000_000 },
      });
      assertFailed(finished, "OUTPUT_TOO_LARGE", "scoring", /1 MB/);
      assert.equal(stepOf(finished.report, "scoring").outputBytes, null);
      assert.equal(await lab().object(finished.attempt, artifacts.output("scoring")), null);
    });

    it("an output whose files have holes is judged by their sizes, before it is packed (R-101)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python("for i in range(50): open(f'/app/output/{i}', 'w').truncate(400_000_000)"),
      });
      assertFailed(
        finished,
        "OUTPUT_TOO_LARGE",
        "scoring",
        /files of 20 GB in total.*limit of 500 MB\. Files with holes/,
      );
      assert.equal(await lab().object(finished.attempt, artifacts.output("scoring")), null);
    });

    it("links in an output are not followed, and lead nowhere", async () => {
      const finished = await lab().run({
        submission: python(
          [
            "import os",
            "os.symlink('/etc/hostname', '/app/output/link')",
            "os.symlink('/etc', '/app/output/folder')",
            "os.symlink('/app/input/ref/truth.txt', '/app/output/prediction.txt')",
            "os.mkfifo('/app/output/pipe')",
            "open('/app/output/plain', 'w').write('plain')",
          ].join("\n"),
        ),
        scoring: python(
          "import os\nprint(sorted(os.listdir('/app/input/res')))\nos.symlink('/etc/passwd', '/app/output/scores.json')",
        ),
        referenceData: { "truth.txt": "secret" },
      });
      assertSucceeded(finished);
      assert.deepEqual(Object.keys(await lab().output(finished.attempt, "prediction")).sort(), ["metadata", "plain"]);
      assert.equal(await lab().text(finished.attempt, "scoring/program.stdout.log"), "['metadata', 'plain']\n");
      assert.deepEqual(stepOf(finished.report, "scoring").collected, []);
    });

    it("processes left behind end with their program, and delay nothing", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python(
          [
            "import subprocess",
            "for _ in range(20): subprocess.Popen(['sleep', '1000'])",
            "subprocess.Popen(['setsid', 'sh', '-c', 'trap \"\" TERM HUP; sleep 1000'])",
            "print('done')",
          ].join("\n"),
        ),
        timeLimitSeconds: 30,
      });
      assertSucceeded(finished);
    });
  });
}
