import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { openLogFile } from "../../../local/log-file.ts";
import { asRefusal } from "../../../lambdas/http/errors.ts";

const coded = (code: string, cause?: Error) => Object.assign(new Error(code, { cause }), { code });

describe("a full disk (R-146)", () => {
  it("is told from other errors, whichever service has it and whatever wraps it", () => {
    const postgres = coded("53100");
    const store = Object.assign(new Error("InsufficientStorage"), { $metadata: { httpStatusCode: 507 } });
    for (const error of [
      postgres,
      store,
      coded("ENOSPC"),
      coded("EDQUOT"),
      new Error("wrapped", { cause: postgres }),
    ]) {
      const refusal = asRefusal(error);
      assert.deepEqual([refusal?.kind, refusal?.code], ["unavailable", "DISK_FULL"], error.message);
    }
    for (const error of [coded("23505"), new Error("53100"), "53100"])
      assert.notEqual(asRefusal(error)?.code, "DISK_FULL");
  });

  it("costs lines of a log, and nothing else", () => {
    const log = openLogFile("/dev/full");
    log.write("a line");
    log.write("another line");
    log.close();
  });
});
