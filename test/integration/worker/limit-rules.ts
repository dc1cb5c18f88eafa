import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe } from "@jest/globals";
import { assertFailed, assertSucceeded, describeFailure } from "./assert-report.ts";
import { containerOf, python, results, trivialScoring } from "./lab.ts";
import type { Suite } from "./suite.ts";

/** The limits of a step, and what happens at each. */
export function limitRules({ lab, launcher, ordinaryImage, it }: Suite): void {
  describe("limits", () => {
    const shapes: [name: string, source: string][] = [
      ["sleeps silently", "import time\ntime.sleep(100)"],
      ["prints a line a second", "import time\nfor i in range(100):\n  print('line', i)\n  time.sleep(1)"],
      ["prints all the time", "while True: print('x' * 99)"],
      ["keeps a CPU busy", "while True: pass"],
    ];
    for (const [name, source] of shapes) {
      it(`a program that ${name} is stopped at its time limit, and its log is kept and says so (R-82)`, async () => {
        const finished = await lab().run({
          submission: results,
          scoring: python(`print('begin')\n${source}`),
          timeLimitSeconds: 2,
        });
        assertFailed(finished, "TIME_LIMIT", "scoring", /exceeded its time limit of 2 s/);
        assert.equal(containerOf(finished.report, "scoring").exitCode, null);
        assert.match(await lab().text(finished.attempt, "scoring/program.stdout.log"), /^begin\n/);
        assert.match(
          await lab().text(finished.attempt, "scoring/program.stderr.log"),
          /exceeded its time limit of 2 s/,
        );
      });
    }

    it("fetching does not count against the time limit (R-80)", async () => {
      // An archive that takes longer to come than its program may run.
      let fetches = 0;
      const slow = createServer((_, response) => {
        fetches++;
        setTimeout(() => response.writeHead(302, { location: archive.url }).end(), 4_500);
      });
      const archive = await lab().store(trivialScoring);
      await new Promise<void>((resolve) => void slow.listen(0, lab().host, resolve));
      const url = `http://${lab().host}:${(slow.address() as AddressInfo).port}/archive.zip`;
      const job = await lab().submit(
        { submission: results, scoring: trivialScoring, timeLimitSeconds: 4 },
        undefined,
        ({ steps }) => {
          const [source] = steps[1]!.folders.find(({ name }) => name === "scoring_program")!.contents;
          if (source?.archive.from === "object") source.archive.object = { url, contentId: randomUUID() };
        },
      );
      const report = await lab().report(job);
      slow.close();
      assert.equal(report.outcome, "succeeded", describeFailure(report));
      assert.equal(fetches, 1);
    });

    it("an ingestion program that sleeps is stopped at the time limit, and scoring does not run (R-82)", async () => {
      const finished = await lab().run({
        submission: results,
        ingestion: python("import time\ntime.sleep(100)"),
        scoring: trivialScoring,
        timeLimitSeconds: 2,
      });
      assertFailed(finished, "TIME_LIMIT", "prediction", /exceeded its time limit of 2 s/);
      assert.match(
        await lab().text(finished.attempt, "prediction/ingestion.stderr.log"),
        /exceeded its time limit of 2 s/,
      );
      assert.equal(finished.report.steps.length, 1);
    });

    it("a program that takes too much memory fails the job with OUT_OF_MEMORY and the limit (R-51)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python("print('begin')\nhog = [bytearray(50_000_000) for _ in range(80)]"),
        limits: { memoryBytes: 200 * 1024 ** 2 },
      });
      assertFailed(finished, "OUT_OF_MEMORY", "scoring", /memory limit of 209.72 MB/);
      assert.equal(containerOf(finished.report, "scoring").outOfMemory, true);
      assert.equal(await lab().text(finished.attempt, "scoring/program.stdout.log"), "begin\n");
    });

    it("a program that forks 3000 times is refused more processes than its limit, and is gone at the end (R-51)", async () => {
      const finished = await lab().run({
        image: ordinaryImage(),
        submission: results,
        scoring: python(
          [
            "import os, time",
            "made = 0",
            "for _ in range(3000):",
            "  try: pid = os.fork()",
            "  except OSError: break",
            "  if pid == 0: time.sleep(1000)",
            "  made += 1",
            "print(made)",
          ].join("\n"),
        ),
        limits: { pids: 100 },
        timeLimitSeconds: 30,
      });
      assertSucceeded(finished);
      const made = Number(await lab().text(finished.attempt, "scoring/program.stdout.log"));
      assert.ok(made > 80 && made < 100, `${made} processes`);
    });

    it("a program that fills the output folder is stopped with DISK_LIMIT (R-51)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python("with open('/app/output/fill', 'wb') as f:\n  while True: f.write(b'x' * 1_000_000)"),
        limits: { diskBytes: 50_000_000 },
        timeLimitSeconds: 60,
      });
      assertFailed(finished, "DISK_LIMIT", "scoring", /50 MB/);
    });

    it("a program that fills /tmp is stopped with DISK_LIMIT", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python("with open('/tmp/fill', 'wb') as f:\n  while True: f.write(b'x' * 1_000_000)"),
        limits: { diskBytes: 50_000_000 },
        timeLimitSeconds: 60,
      });
      assertFailed(finished, "DISK_LIMIT", "scoring", /50 MB/);
    });

    it("a program that fills folders nested deeper than a path can name is stopped with DISK_LIMIT (R-140)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python(
          [
            "import os, time",
            "os.chdir('/app/output')",
            "for _ in range(100): os.mkdir('d' * 200); os.chdir('d' * 200)",
            "with open('fill', 'wb') as f: f.write(b'x' * 60_000_000)",
            "time.sleep(1000)",
          ].join("\n"),
        ),
        limits: { diskBytes: 50_000_000 },
        timeLimitSeconds: 600,
      });
      assertFailed(finished, "DISK_LIMIT", "scoring", /disk limit of 50 MB/);
    });

    // The open files of an ECS task's programs cannot be seen. They fill its own disk.
    if (launcher !== "ecs")
      it("a program that fills a file without a name is stopped with DISK_LIMIT (R-140)", async () => {
        const finished = await lab().run({
          submission: results,
          scoring: python(
            [
              "import os, time",
              "file = open('/app/output/fill', 'wb', 0)",
              "os.unlink('/app/output/fill')",
              "file.write(b'x' * 60_000_000)",
              "time.sleep(1000)",
            ].join("\n"),
          ),
          limits: { diskBytes: 50_000_000 },
          timeLimitSeconds: 600,
        });
        assertFailed(finished, "DISK_LIMIT", "scoring", /disk limit of 50 MB/);
      });

    it("a program that makes too many empty files is stopped with DISK_LIMIT and their number (R-141)", async () => {
      const finished = await lab().run({
        submission: results,
        scoring: python(
          [
            "import time",
            "for number in range(15_000): open(f'/app/output/{number}', 'x').close()",
            "time.sleep(1000)",
          ].join("\n"),
        ),
        limits: { diskBytes: 50_000_000 },
        timeLimitSeconds: 600,
      });
      assertFailed(finished, "DISK_LIMIT", "scoring", /more than 12207 files and folders/);
    });

    for (const [name, line, lines] of [
      ["100-byte lines", 99, 500_000],
      ["16 KiB lines", 16_383, 3_200],
    ] as const) {
      it(`50 MB of output in ${name} do not hold a program up; the log is cut at its limit and says so`, async () => {
        const finished = await lab().run({
          submission: results,
          scoring: python(`line = 'x' * ${line}\nfor _ in range(${lines}): print(line)`),
          limits: { logBytes: 10_000_000 },
        });
        assertSucceeded(finished);
        const log = await lab().text(finished.attempt, "scoring/program.stdout.log");
        assert.match(log.slice(-80), /x\n\[log truncated at 10 MB: the rest was not kept\]\n$/);
        const kept = containerOf(finished.report, "scoring").logs.stdout;
        assert.deepEqual(kept, { bytes: log.length, truncated: true });
        assert.ok(log.length > 10_000_000 && log.length < 10_000_100, `${log.length} bytes`);
      });
    }
  });
}
