import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { artifacts } from "../../../contract/job.ts";
import { waitFor } from "../../support/wait.ts";
import { assertFailed, assertSucceeded } from "./assert-report.ts";
import { Lab, python, results, trivialScoring } from "./lab.ts";
import type { TestSubmission, TestWorker } from "./lab.ts";
import type { SeenJob } from "./stand-in.ts";

/** For what happens in a stage; the machine may be busy with many other things. */
const patienceMs = 120_000;

/** Leaves an output that takes many minutes to pack. */
const longToPack: TestSubmission = {
  submission: python("print('hello', flush=True)\nopen('/app/output/zeros', 'w').truncate(2_000_000_000_000)"),
  scoring: trivialScoring,
  limits: { diskBytes: 3e12 },
};

/** The processes of a worker that pack or unpack. */
async function archivers({ process: { pid } }: TestWorker): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ").filter((id) => id !== "");
  const commands = await Promise.all(children.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return children.filter((_, index) => commands[index]?.endsWith("\0archive\0")).map(Number);
}

describe("the stages of an attempt beside its programs", () => {
  let lab: Lab;
  let worker: TestWorker;
  beforeEach(async () => {
    lab = await Lab.start();
    worker = await lab.readyWorker({ launcher: "sandbox", slots: 2 });
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });

  /** Submits a job and waits until its output is being packed. */
  const packing = async (test: TestSubmission) => {
    const job = await lab.submit(test);
    const isDone = () => job.attempts[0]?.progress.some(({ stage }) => stage === "done");
    await waitFor("the programs to be done", isDone, patienceMs);
    const [packer] = await waitFor(
      "its packer",
      async () => {
        const found = await archivers(worker);
        return found.length > 0 && found;
      },
      patienceMs,
    );
    return { job, attempt: job.attempts[0]!, packer: packer! };
  };

  it("pack times, modes and names of every kind (R-67, R-100)", async () => {
    const finished = await lab.run(
      {
        submission: python(
          [
            "import os; os.chdir('/app/output')",
            "def make(name, mode=0o644, time=0):",
            "  open(name, 'w').close(); os.utime(name, (time, time)); os.chmod(name, mode)",
            "for time in (-2**40, -1, 0, 2**31, 2**33, 2**53): make(f'time {time}', time=time)",
            "for mode in (0, 0o7777, 0o111): make(f'mode {mode}', mode)",
            "for name in (b'line\\nbreak', b'\\x1b[31m', b'\\xe2\\x80\\xae', b'\\xff', b'\\xed\\xa0\\x80', b'n' * 255): make(name)",
            "for i in range(2000): os.symlink('mode 0', f'link {i}')",
          ].join("\n"),
        ),
        scoring: python(
          "import os\nprint(len(os.listdir('/app/input/res')))\nopen('/app/output/scores.json','w').write('{}')",
        ),
      },
      patienceMs,
    );
    assertSucceeded(finished);
    assert.equal(await lab.text(finished.attempt, "scoring/program.stdout.log"), "2016\n");
  });

  it("refuse an output of 200,000 files at once (R-101)", async () => {
    const finished = await lab.run(
      {
        submission: python("for i in range(200_000): open(f'/app/output/{i}', 'w').close()"),
        scoring: trivialScoring,
        limits: { diskBytes: 2e9 },
        timeLimitSeconds: 300,
      },
      400_000,
    );
    const message = /^The output of prediction has more than 100000 files, folders and links, which is the limit\.$/;
    assertFailed(finished, "OUTPUT_TOO_LARGE", "prediction", message);
  });

  it("end with their own process only: the packer of one attempt is killed, and its neighbour succeeds (R-100)", async () => {
    const { job, packer } = await packing(longToPack);
    const neighbour = await lab.submit({
      submission: results,
      scoring: python("import time\ntime.sleep(1)\nopen('/app/output/scores.json','w').write('{}')"),
    });
    process.kill(packer, "SIGKILL");
    const { failure } = await lab.report(job);
    assert.equal(failure?.code, "WORKER_ERROR");
    assert.equal(
      failure.message,
      "The process of the worker that packs the output of prediction ended unexpectedly (SIGKILL).",
    );
    assert.equal((await lab.report(neighbour)).outcome, "succeeded");
    assert.equal(worker.process.exitCode, null);
  });

  describe("end when the attempt is cancelled, long before its next heartbeat (R-103)", () => {
    beforeEach(() => {
      lab.api.heartbeatSeconds = 3600;
    });

    const cancelled = async (job: SeenJob) => {
      job.attempts[0]!.cancelled = true;
      const report = await lab.report(job);
      assert.equal(report.outcome, "cancelled");
      return report;
    };
    const inStage = (job: SeenJob, wanted: { step: string; stage: string }) =>
      waitFor(
        `${wanted.step} to be ${wanted.stage}`,
        () =>
          job.attempts[0]?.progress.some(({ step, stage }) => step === wanted.step && stage === wanted.stage) ?? false,
        patienceMs,
      );
    /** Runs something with a server that takes connections and says nothing. */
    const withSilentServer = async (use: (url: string, requests: () => number) => Promise<void>) => {
      let requests = 0;
      const silent = createServer(() => requests++).listen(0, "127.0.0.1");
      await once(silent, "listening");
      try {
        await use(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, () => requests);
      } finally {
        silent.closeAllConnections();
        silent.close();
      }
    };

    it("while its archives are downloaded from a store that sends nothing", () =>
      withSilentServer(async (url, requests) => {
        const job = await lab.submit({ submission: results, scoring: trivialScoring }, undefined, ({ steps }) => {
          for (const { archive } of steps[0]!.folders.flatMap(({ contents }) => contents))
            if (archive.from === "object") archive.object = { contentId: "nobody's", url };
        });
        await waitFor("the download", () => requests() > 0, patienceMs);
        await cancelled(job);
      }));

    it("while its program runs", async () => {
      const job = await lab.submit({
        submission: python("import time\ntime.sleep(1000)"),
        scoring: trivialScoring,
        timeLimitSeconds: 1000,
      });
      await inStage(job, { step: "prediction", stage: "running" });
      const report = await cancelled(job);
      assert.equal(report.steps[0]?.containers[0]?.ran, true);
    });

    it("while its output is packed; its log is kept", async () => {
      const { job, attempt, packer } = await packing(longToPack);
      process.kill(packer, "SIGSTOP");
      await cancelled(job);
      assert.equal(await lab.text(attempt, "prediction/program.stdout.log"), "hello\n");
      assert.equal(await lab.object(attempt, artifacts.output("prediction")), null);
      assert.deepEqual(await archivers(worker), []);
    });

    it("while its files are uploaded to a store that reads nothing", () =>
      withSilentServer(async (url, uploads) => {
        lab.signing.uploadUrl = url;
        const job = await lab.submit({ submission: python("print('hello')"), scoring: trivialScoring });
        await inStage(job, { step: "scoring", stage: "done" });
        assert.ok(uploads() > 0);
        const report = await cancelled(job);
        assert.deepEqual(report.steps.map(({ collected }) => collected).flat(), []);
      }));

    it("which a platform of the previous release tells with the next heartbeat", async () => {
      lab.api.knowsStops = false;
      lab.api.heartbeatSeconds = 1;
      const job = await lab.submit({
        submission: python("import time\ntime.sleep(1000)"),
        scoring: trivialScoring,
        timeLimitSeconds: 1000,
      });
      await inStage(job, { step: "prediction", stage: "running" });
      await cancelled(job);
    });
  });
});
