import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { artifacts } from "../../../lambdas/domain/job.ts";
import { requireDocker } from "../../support/docker.ts";
import { waitFor } from "../../support/wait.ts";
import { assertFailed, assertSucceeded, describeFailure } from "./assert-report.ts";
import { containerOf, Lab, python, results, stepOf, trivialScoring } from "./lab.ts";
import { programRules } from "./program-rules.ts";
import { rawZip } from "./zip.ts";

/** What holds for a step, whatever launcher runs it. Each suite has a worker of its own. */
export function stepRules(launcher: "docker" | "sandbox"): void {
  let lab: Lab;
  before(async () => {
    if (launcher === "docker") await requireDocker();
    lab = await Lab.start();
    const dataFolder = await lab.newHome();
    await chmod(dataFolder, 0o755);
    await writeFile(join(dataFolder, "private.txt"), "stays here");
    await lab.readyWorker({ launcher, environment: { BENCHSTACK_DATA_FOLDER: dataFolder } });
  });
  after(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  describe("steps and folders", () => {
    it("scores results: they become the prediction's output; scoring finds them, the truth and metadata (R-20, R-21, R-24, R-26, R-31, R-61)", async () => {
      const finished = await lab.run({
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
      assert.deepEqual(await lab.output(attempt, "prediction"), {
        "answer.txt": "42\n",
        "deep/er/file.txt": "deep",
        "empty/": "",
        metadata: "exitCode: null\nelapsedTime: null\ningestionExitCode: null\ningestionElapsedTime: null\n",
      });
      assert.match(
        await lab.text(attempt, "scoring/program.stdout.log"),
        /^42\ndeep \[\]\nthe truth\nexitCode: null\nelapsedTime: null\n/,
      );
      assert.equal(await lab.text(attempt, "scoring/scores.json"), '{"accuracy": 0.5}');
      assert.deepEqual(stepOf(report, "scoring").collected, ["scores.json"]);
      assert.equal(containerOf(report, "prediction").ran, false);
      assert.equal(containerOf(report, "scoring").exitCode, 0);
      assert.match(stepOf(report, "prediction").md5.submission ?? "", /^[0-9a-f]{32}$/);
      // The end of the last step is told by the report.
      assert.deepEqual(
        attempt.progress.slice(0, 4).map(({ step, stage }) => `${step} ${stage}`),
        ["prediction preparing", "prediction done", "scoring preparing", "scoring running"],
      );
    });

    it("runs ingestion beside a submission that has code and no metadata: both find each other's folders (R-22, R-23, R-24, R-31, R-40)", async () => {
      const finished = await lab.run({
        submission: { "model.py": "def answer(x): return x * 2\n" },
        ingestion: python(
          [
            "import sys, os",
            "sys.path.insert(0, '/app/ingested_program')",
            "import model",
            "x = int(open('/app/input_data/x.txt').read())",
            "open('/app/output/prediction.txt', 'w').write(str(model.answer(x)))",
            "print(sorted(os.listdir('/app')), os.getcwd(), os.path.exists('/app/input/ref'))",
          ].join("\n"),
        ),
        inputData: { "x.txt": "21" },
        scoring: python(
          [
            "assert open('/app/input/res/prediction.txt').read() == '42'",
            "assert 'ingestionExitCode: 0' in open('/app/input/res/metadata').read()",
            "open('/app/output/scores.txt','w').write('accuracy: 1')",
          ].join("\n"),
        ),
        referenceData: { "truth.txt": "secret" },
      });
      assertSucceeded(finished);
      assert.deepEqual(Object.keys(await lab.output(finished.attempt, "prediction")).sort(), ["metadata", "model.py", "prediction.txt"]);
      const folders = "['data', 'ingested_program', 'ingestion_program', 'input_data', 'output', 'program']";
      assert.equal(await lab.text(finished.attempt, "prediction/ingestion.stdout.log"), `${folders} /app/program False\n`);
      assert.equal(containerOf(finished.report, "prediction", "ingestion").exitCode, 0);
    });

    it("runs both containers of a step at the same time: they talk through /app/shared (R-25)", async () => {
      const finished = await lab.run({
        submission: { "model.txt": "model" },
        ingestionOnlyDuringScoring: true,
        ingestion: python(
          [
            "import os, time",
            "assert open('/app/ingested_program/model.txt').read() == 'model'",
            "while not os.path.exists('/app/shared/question'): time.sleep(0.01)",
            "open('/app/shared/answer.new', 'w').write('pong'); os.rename('/app/shared/answer.new', '/app/shared/answer')",
          ].join("\n"),
        ),
        scoring: python(
          [
            "import os, time",
            "open('/app/shared/question', 'w').write('ping')",
            "while not os.path.exists('/app/shared/answer'): time.sleep(0.01)",
            "assert open('/app/shared/answer').read() == 'pong'",
            "open('/app/output/scores.json','w').write('{}')",
          ].join("\n"),
        ),
        timeLimitSeconds: 30,
      });
      assertSucceeded(finished);
    });

    it("runs a submission's own command, which may write where it is, and records how it ended (R-41, R-61, R-63)", async () => {
      const finished = await lab.run({
        submission: python("import sys; open('scribble', 'w').write('x'); open('/app/output/p.txt', 'w').write('p'); sys.exit(7)"),
        scoring: trivialScoring,
      });
      assertSucceeded(finished);
      assert.equal(containerOf(finished.report, "prediction").exitCode, 7);
      const output = await lab.output(finished.attempt, "prediction");
      assert.deepEqual(Object.keys(output).sort(), ["metadata", "p.txt"]);
      assert.match(output.metadata ?? "", /^exitCode: 7\nelapsedTime: [\d.]+\n/);
    });

    it("uploads the detailed results again whenever they change while the program runs (R-66)", async () => {
      const job = await lab.submit({
        submission: results,
        detailedResults: true,
        scoring: python(
          [
            "import os, time",
            "open('/app/output/page.html', 'w').write('first')",
            "while not os.path.exists('/app/output/go'): time.sleep(0.05)",
          ].join("\n"),
        ),
        timeLimitSeconds: 8,
      });
      const attempt = await waitFor("the attempt", () => job.attempts[0]);
      const name = artifacts.collected("scoring", "detailed_results.html");
      await waitFor("the page", async () => (await lab.text(attempt, name)) === "first");
      assert.equal(attempt.report, null);
      await lab.report(job);
    });

    it("ships a log while its program runs (R-60)", async () => {
      const job = await lab.submit({
        submission: results,
        scoring: python("import time\nprint('hello')\ntime.sleep(100)"),
        timeLimitSeconds: 5,
      });
      const attempt = await waitFor("the attempt", () => job.attempts[0]);
      const chunk = artifacts.logChunk("scoring", "program", "stdout", 0);
      await waitFor("the first piece of the log", async () => (await lab.text(attempt, chunk)) === "hello\n");
      assert.equal(attempt.report, null);
      await lab.report(job);
    });
  });

  programRules(() => lab);

  describe("programs that cannot run", () => {
    it("a scoring program without a command fails the job with NO_COMMAND (R-33)", async () => {
      const finished = await lab.run({ submission: results, scoring: { "metadata.yaml": "description: nothing" } });
      assertFailed(finished, "NO_COMMAND", "scoring", /program of scoring.*metadata\.yaml has no command/);
    });

    it("a submission without a command, where nothing else runs, fails the job with NO_COMMAND before scoring (R-33)", async () => {
      const finished = await lab.run({ submission: { "metadata.yaml": "description: nothing" }, scoring: trivialScoring });
      assertFailed(finished, "NO_COMMAND", "prediction", /metadata\.yaml has no command/);
    });

    it("a command that cannot be split fails the job with BAD_COMMAND", async () => {
      const finished = await lab.run({ submission: results, scoring: { metadata: "command: python3 'main.py" } });
      assertFailed(finished, "BAD_COMMAND", "scoring", /no closing/);
    });

    it("an ingestion program without metadata is left out, its log says so, and scoring goes on (R-34)", async () => {
      const finished = await lab.run({ submission: results, ingestion: { "main.py": "" }, scoring: trivialScoring });
      assertSucceeded(finished);
      assert.equal(containerOf(finished.report, "prediction", "ingestion").ran, false);
      assert.match(await lab.text(finished.attempt, "prediction/ingestion.stderr.log"), /not run: .*neither metadata\.yaml nor metadata/);
    });

    it("a program that is not there is told by name, with the shell's exit code", async () => {
      const finished = await lab.run({ submission: results, scoring: { metadata: "command: no-such-program" } });
      assertFailed(finished, "PROGRAM_EXIT", "scoring", /exited with code 127: its command was not found/);
      assert.match(await lab.text(finished.attempt, "scoring/program.stderr.log"), /no-such-program/);
    });

    it("an archive that leads out of its folder fails the job with BAD_ARCHIVE and writes nothing", async () => {
      const finished = await lab.run({ submission: rawZip([{ name: "../../../evil" }]), scoring: trivialScoring });
      assertFailed(finished, "BAD_ARCHIVE", "prediction", /"submission".*\.\.\/\.\.\/\.\.\/evil/);
    });

    it("an archive that is no archive fails the job with BAD_ARCHIVE, naming which", async () => {
      const finished = await lab.run({ submission: results, scoring: Buffer.from("not a zip") });
      assertFailed(finished, "BAD_ARCHIVE", "scoring", /"scoring_program"/);
    });
  });

  describe("how programs end", () => {
    it("a scoring program that exits with 3 fails the job once, and its output and logs are kept (R-63, R-64)", async () => {
      const finished = await lab.run({
        submission: results,
        scoring: python("import sys\nopen('/app/output/part.txt','w').write('part')\nprint('so far')\nprint('oh no', file=sys.stderr)\nsys.exit(3)"),
      });
      assertFailed(finished, "PROGRAM_EXIT", "scoring", /exited with code 3\.$/);
      assert.equal(containerOf(finished.report, "scoring").exitCode, 3);
      assert.equal((await lab.output(finished.attempt, "scoring"))["part.txt"], "part");
      assert.equal(await lab.text(finished.attempt, "scoring/program.stdout.log"), "so far\n");
      assert.equal(await lab.text(finished.attempt, "scoring/program.stderr.log"), "oh no\n");
    });

    it("an ingestion program that exits with 3 is recorded, and scoring runs all the same (R-63)", async () => {
      const finished = await lab.run({ submission: results, ingestion: python("raise SystemExit(3)"), scoring: trivialScoring });
      assertSucceeded(finished);
      assert.equal(containerOf(finished.report, "prediction", "ingestion").exitCode, 3);
    });

    it("an output with a file named metadata fails the job with RESERVED_OUTPUT and is kept as it is (R-62)", async () => {
      const finished = await lab.run({
        submission: results,
        scoring: python("open('/app/output/metadata','w').write('mine')"),
      });
      assertFailed(finished, "RESERVED_OUTPUT", "scoring", /metadata/);
      assert.deepEqual(await lab.output(finished.attempt, "scoring"), { metadata: "mine" });
    });

    it("an output that is too large fails the job with OUTPUT_TOO_LARGE and is not kept (R-51)", async () => {
      const finished = await lab.run({
        submission: results,
        scoring: python("import os\nopen('/app/output/noise','wb').write(os.urandom(2_000_000))"),
        limits: { outputBytes: 1_000_000 },
      });
      assertFailed(finished, "OUTPUT_TOO_LARGE", "scoring", /1 MB/);
      assert.equal(stepOf(finished.report, "scoring").outputBytes, null);
      assert.equal(await lab.object(finished.attempt, artifacts.output("scoring")), null);
    });

    it("links in an output are not followed, and lead nowhere", async () => {
      const finished = await lab.run({
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
        scoring: python("import os\nprint(sorted(os.listdir('/app/input/res')))\nos.symlink('/etc/passwd', '/app/output/scores.json')"),
        referenceData: { "truth.txt": "secret" },
      });
      assertSucceeded(finished);
      assert.deepEqual(Object.keys(await lab.output(finished.attempt, "prediction")).sort(), ["metadata", "plain"]);
      assert.equal(await lab.text(finished.attempt, "scoring/program.stdout.log"), "['metadata', 'plain']\n");
      assert.deepEqual(stepOf(finished.report, "scoring").collected, []);
    });

    it("processes left behind end with their program, and delay nothing", async () => {
      const finished = await lab.run({
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
      assert.ok(stepOf(finished.report, "scoring").usage.wallSeconds < 10);
    });
  });

  describe("limits", () => {
    const shapes: [name: string, source: string][] = [
      ["sleeps silently", "import time\ntime.sleep(100)"],
      ["prints a line a second", "import time\nfor i in range(100):\n  print('line', i)\n  time.sleep(1)"],
      ["prints all the time", "while True: print('x' * 99)"],
      ["keeps a CPU busy", "while True: pass"],
    ];
    for (const [name, source] of shapes) {
      it(`a program that ${name} is stopped at its time limit, and its log is kept and says so (R-82)`, async () => {
        const startedAt = performance.now();
        const finished = await lab.run({ submission: results, scoring: python(`print('begin')\n${source}`), timeLimitSeconds: 2 });
        assertFailed(finished, "TIME_LIMIT", "scoring", /ran longer than 2 s/);
        assert.ok(performance.now() - startedAt < 10_000, "it was stopped late");
        assert.equal(containerOf(finished.report, "scoring").exitCode, null);
        assert.match(await lab.text(finished.attempt, "scoring/program.stdout.log"), /^begin\n/);
        assert.match(await lab.text(finished.attempt, "scoring/program.stderr.log"), /ran longer than 2 s/);
      });
    }

    it("fetching does not count against the time limit (R-80)", async () => {
      // An archive that takes longer to come than its program may run.
      let fetches = 0;
      const slow = createServer((_, response) => {
        fetches++;
        setTimeout(() => response.writeHead(302, { location: archive.url }).end(), 4_500);
      });
      const archive = await lab.store(trivialScoring);
      await new Promise<void>((resolve) => void slow.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/archive.zip`;
      const job = await lab.submit({ submission: results, scoring: trivialScoring, timeLimitSeconds: 4 }, undefined, ({ steps }) => {
        const [source] = steps[1]!.folders.find(({ name }) => name === "scoring_program")!.contents;
        if (source?.archive.from === "object") source.archive.object = { url, contentId: randomUUID() };
      });
      const report = await lab.report(job, 30_000);
      slow.close();
      assert.equal(report.outcome, "succeeded", describeFailure(report));
      assert.equal(fetches, 1);
    });

    it("an ingestion program that sleeps is stopped at the time limit, and scoring does not run (R-82)", async () => {
      const finished = await lab.run({
        submission: results,
        ingestion: python("import time\ntime.sleep(100)"),
        scoring: trivialScoring,
        timeLimitSeconds: 2,
      });
      assertFailed(finished, "TIME_LIMIT", "prediction", /ran longer than 2 s/);
      assert.match(await lab.text(finished.attempt, "prediction/ingestion.stderr.log"), /ran longer than 2 s/);
      assert.equal(finished.report.steps.length, 1);
    });

    it("a program that takes too much memory fails the job with OUT_OF_MEMORY and the limit (R-51)", async () => {
      const finished = await lab.run({
        submission: results,
        scoring: python("print('begin')\nhog = [bytearray(50_000_000) for _ in range(80)]"),
        limits: { memoryBytes: 200_000_000 },
      });
      assertFailed(finished, "OUT_OF_MEMORY", "scoring", /200 MB of memory/);
      assert.equal(containerOf(finished.report, "scoring").outOfMemory, true);
      assert.equal(await lab.text(finished.attempt, "scoring/program.stdout.log"), "begin\n");
    });

    it("a program that forks 3000 times is refused more processes than its limit, and is gone at the end (R-51)", async () => {
      const finished = await lab.run({
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
      const made = Number(await lab.text(finished.attempt, "scoring/program.stdout.log"));
      assert.ok(made > 80 && made < 100, `${made} processes`);
    });

    it("a program that fills the output folder is stopped with DISK_LIMIT (R-51)", async () => {
      const finished = await lab.run({
        submission: results,
        scoring: python("with open('/app/output/fill', 'wb') as f:\n  while True: f.write(b'x' * 1_000_000)"),
        limits: { diskBytes: 50_000_000 },
        timeLimitSeconds: 60,
      });
      assertFailed(finished, "DISK_LIMIT", "scoring", /50 MB/);
    });

    it("a program that fills /tmp is stopped with DISK_LIMIT", async () => {
      const finished = await lab.run({
        submission: results,
        scoring: python("with open('/tmp/fill', 'wb') as f:\n  while True: f.write(b'x' * 1_000_000)"),
        limits: { diskBytes: 50_000_000 },
        timeLimitSeconds: 60,
      });
      assertFailed(finished, "DISK_LIMIT", "scoring", /50 MB/);
    });

    for (const [name, line, lines] of [
      ["100-byte lines", 99, 500_000],
      ["16 KiB lines", 16_383, 3_200],
    ] as const) {
      it(`50 MB of output in ${name} cost seconds; the log is cut at its limit and says so`, async () => {
        const finished = await lab.run(
          {
            submission: results,
            scoring: python(`line = 'x' * ${line}\nfor _ in range(${lines}): print(line)`),
            limits: { logBytes: 10_000_000 },
          },
          60_000,
        );
        assertSucceeded(finished);
        const { wallSeconds } = stepOf(finished.report, "scoring").usage;
        assert.ok(wallSeconds < 20, `${wallSeconds} s`);
        const log = await lab.text(finished.attempt, "scoring/program.stdout.log");
        assert.match(log.slice(-80), /x\n\[log cut at 10 MB: the rest was not kept\]\n$/);
        const kept = containerOf(finished.report, "scoring").logs.stdout;
        assert.deepEqual(kept, { bytes: log.length, truncated: true });
        assert.ok(log.length > 10_000_000 && log.length < 10_000_100, `${log.length} bytes`);
      });
    }
  });

  describe("what programs can reach", () => {
    it("a program has no network but its own, and none of the worker's environment, files or privileges (R-50, R-52)", async () => {
      const finished = await lab.run({
        submission: results,
        scoring: python(
          [
            "import json, os, socket",
            "def reach(address):",
            "  try: socket.create_connection(address, 2).close(); return True",
            "  except OSError: return False",
            `api = ('127.0.0.1', ${new URL(lab.api.url).port})`,
            "status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())",
            "interfaces = [name for _, name in socket.if_nameindex()]",
            "json.dump({'api': reach(api), 'internet': reach(('1.1.1.1', 53)), 'interfaces': interfaces,",
            "  'capabilities': int(status['CapEff'], 16), 'noNewPrivileges': int(status['NoNewPrivs']),",
            "  'environment': sorted(os.environ), 'homes': [p for p in ('/home', '/root/.aws', '/root/.ssh', '/root/.pyenv', '/var/run/docker.sock', '/run/docker.sock') if os.path.exists(p) and (not os.path.isdir(p) or os.listdir(p))],",
            "  'processes': [p for p in os.listdir('/proc') if p.isdigit() and 'main.ts' in open(f'/proc/{p}/cmdline').read()],",
            "}, open('/app/output/scores.json', 'w'))",
          ].join("\n"),
        ),
      });
      assertSucceeded(finished);
      const seen = JSON.parse(await lab.text(finished.attempt, "scoring/scores.json")) as Record<string, unknown>;
      const { environment, ...rest } = seen;
      assert.deepEqual(rest, {
        api: false,
        internet: false,
        interfaces: ["lo"],
        capabilities: 0,
        noNewPrivileges: 1,
        homes: [],
        processes: [],
      });
      assert.deepEqual((environment as string[]).filter((name) => /BENCHSTACK|AWS|TOKEN/.test(name)), []);
      assert.ok((environment as string[]).includes("PYTHONUNBUFFERED"));
    });

    it("a program that may have a network reaches this machine, in both steps, with no more privileges than others (R-50, R-52)", async () => {
      const asked: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url);
        response.end("an answer");
      });
      const isBridged = launcher === "docker";
      await new Promise<void>((resolve) => server.listen(0, isBridged ? "0.0.0.0" : "127.0.0.1", resolve));
      const ask = [
        "import json, socket, urllib.request",
        // To a container this machine is its default route.
        isBridged
          ? "host = next(socket.inet_ntoa(bytes.fromhex(w[2])[::-1]) for w in map(str.split, open('/proc/net/route')) if w[1] == '00000000')"
          : "host = '127.0.0.1'",
        `ask = lambda path: urllib.request.urlopen(f'http://{host}:${(server.address() as AddressInfo).port}/{path}', timeout=30).read().decode()`,
      ];
      try {
        const finished = await lab.run(
          {
            network: "open",
            submission: python([...ask, "ask('prediction')"].join("\n")),
            scoring: python(
              [
                ...ask,
                "status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())",
                "json.dump({'answer': ask('scoring'), 'capabilities': int(status['CapEff'], 16), 'noNewPrivileges': int(status['NoNewPrivs'])},",
                "  open('/app/output/scores.json', 'w'))",
              ].join("\n"),
            ),
          },
          90_000,
        );
        assertSucceeded(finished);
        const seen = JSON.parse(await lab.text(finished.attempt, "scoring/scores.json")) as unknown;
        assert.deepEqual(seen, { answer: "an answer", capabilities: 0, noNewPrivileges: 1 });
        assert.deepEqual(asked, ["/prediction", "/scoring"]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  });
}
