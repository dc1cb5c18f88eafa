import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { processLog, writeLogTo } from "../../../lambdas/kernel/log.ts";
import { jsonLog, type Log } from "../../../worker-image/log.ts";

type Line = Record<string, unknown>;

function workerLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  return { log: jsonLog((line) => lines.push(JSON.parse(line) as Line)), lines };
}
const platformLines: Line[] = [];
writeLogTo((_level, line) => platformLines.push(JSON.parse(line) as Line));

describe("a line of a log", () => {
  it("has the fields that the log was given, and leaves out those without a value", () => {
    const { log, lines } = workerLog();
    log
      .with({ correlationId: "request-1", job: "job-1" })
      .with({ correlationId: null, attempt: "attempt-1" })
      .info("step.ended", { failure: null, seconds: 2 });
    const [{ time, ...line }] = lines as [Line];
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(line, {
      level: "info",
      event: "step.ended",
      correlationId: "request-1",
      job: "job-1",
      attempt: "attempt-1",
      seconds: 2,
    });
  });

  it("has the same form from the platform as from a worker; the platform adds where an error was thrown", () => {
    const { log, lines } = workerLog();
    const error = new TypeError("it broke", { cause: new Error("the disk") });
    log.with({ correlationId: "request-2" }).error("report.failed", { error });
    processLog().with({ correlationId: "request-2" }).error("mail.unrecorded", { mail: "7", error });
    const [worker, platform] = [lines.at(-1)!, platformLines.at(-1)!];
    assert.deepEqual(Object.keys(worker), ["time", "level", "event", "correlationId", "error"]);
    assert.deepEqual(Object.keys(platform), ["time", "level", "event", "correlationId", "mail", "error", "stack"]);
    assert.equal(worker.error, "it broke: the disk");
    assert.equal(platform.error, worker.error);
    assert.match(
      String(platform.stack),
      /^TypeError: it broke\n {4}at .*log\.test\.ts[^]*\ncaused by Error: the disk\n/,
    );
  });

  it("never has the query of a URL that an error names, as that may be a signature", () => {
    const error = new Error(
      'PUT "https://bucket.example/key?X-Amz-Signature=abc" failed, see https://a.example/?token=1',
    );
    const { log, lines } = workerLog();
    log.warn("heartbeat.failed", { error });
    processLog().error("credentials.failed", { error });
    assert.equal(lines[0]!.error, 'PUT "https://bucket.example/key" failed, see https://a.example/');
    assert.doesNotMatch(JSON.stringify([lines, platformLines]), /Signature|token=/);
  });

  it("names an event of the table with its fields at its level, or the code does not compile", () => {
    const { log } = workerLog();
    const wrong = () => {
      // @ts-expect-error There is no such event.
      log.info("something happened");
      // @ts-expect-error It is a warning.
      log.info("heartbeat.failed", { error: new Error() });
      // @ts-expect-error It has no such field.
      log.info("step.ended", { seconds: 1, text: "free" });
      // @ts-expect-error Its fields are missing.
      log.info("step.ended");
    };
    assert.equal(typeof wrong, "function");
  });
});
