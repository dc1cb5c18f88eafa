import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import type { AttemptReport } from "../../../contract/job.ts";
import { stepReportSchema } from "../../../lambdas/jobs/rules/step-report.ts";
import { plainText, shortText } from "../../../worker-image/plain-text.ts";
import { tidied } from "../../../worker-image/report.ts";
import { outputWarnings } from "../../../worker-image/warnings.ts";

describe("what programs and archives say (R-99)", () => {
  it("loses what cannot be stored or shown, and keeps everything else", () => {
    assert.equal(
      plainText("a\0b \ud83d c \u001b[31m \u202e\u2066"),
      "a\u{FFFD}b \u{FFFD} c \u{FFFD}[31m \u{FFFD}\u{FFFD}",
    );
    const kept = "tab\tline\nä 漢字 👩‍👩‍👧 \u05d0 \u{1F600}";
    assert.equal(plainText(kept), kept);
  });

  it("is cut to one line without cutting a character in half", () => {
    assert.equal(shortText("one\r\ntwo\tthree", 100), "one two three");
    assert.equal(shortText("\u{1F600}".repeat(9), 4), "\u{1F600}…");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 9 }), (text, most) => {
        const short = shortText(text, most);
        assert.ok(short.length <= most && short.isWellFormed() && !/\p{Cc}/u.test(short), JSON.stringify(short));
      }),
    );
  });

  it("is a report that the platform takes, whatever the numbers, names and messages (R-104)", () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -1, 1e300));
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\ud800", "\0", "x".repeat(5_000)));
    const files = fc.array(fc.record({ path: text, why: text, name: text }), { maxLength: 30 });
    fc.assert(
      fc.property(number, text, files, (value, message, named) => {
        const logs = { bytes: 0, truncated: false };
        const report: AttemptReport = {
          outcome: "failed",
          failure: { code: "BAD_ARCHIVE", message, step: null },
          steps: [
            {
              name: "prediction",
              containers: [
                {
                  name: "program",
                  ran: true,
                  exitCode: 1,
                  outOfMemory: false,
                  elapsedSeconds: value,
                  logs: { stdout: logs, stderr: logs },
                },
              ],
              usage: {
                wallSeconds: value,
                cpuSeconds: value,
                peakMemoryBytes: value,
                downloadedBytes: 0,
                uploadedBytes: 0,
                preparingSeconds: value,
              },
              outputBytes: value,
              collected: [],
              md5: {},
              warnings: [
                ...outputWarnings("prediction", named, named),
                ...Array.from({ length: 25 }, () => ({ code: "OUTPUT_LEFT_OUT", message })),
              ],
            },
          ],
        };
        const { failure, steps } = tidied(report);
        for (const step of steps) stepReportSchema.parse(JSON.parse(JSON.stringify(step)));
        for (const said of [failure!.message, ...steps.flatMap(({ warnings = [] }) => warnings.map((w) => w.message))])
          assert.ok(said.isWellFormed() && said.length <= 2_000, JSON.stringify(said));
      }),
    );
  });
});
