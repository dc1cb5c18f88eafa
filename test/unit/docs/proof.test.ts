import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { points } from "../../../scripts/prove/points.ts";
import { reportOf } from "../../../scripts/prove/report.ts";
import { tryPoints } from "../../../scripts/prove/try-points.ts";
import { unknownTypes } from "../../deploy/lacking.ts";
import { repository } from "../../support/files.ts";
import { combinations } from "../cdk/fixtures/combinations.ts";
import { templateOf } from "../cdk/fixtures/synthesized.ts";

const page = readFileSync(join(repository, "docs/first-real-deploy.md"), "utf8");
const tableOf = (mark: string): string[][] =>
  new RegExp(`<!-- ${mark} -->\\n([\\s\\S]*?)<!-- /${mark} -->`)
    .exec(page)![1]!
    .trim()
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );

describe("docs/first-real-deploy.md", () => {
  const rows = tableOf("proof");

  it("says of every type of resource what proved it, and of no other", () => {
    const types = Object.keys(combinations).flatMap((name) =>
      Object.values(templateOf(name).Resources).map(({ Type }) => Type),
    );
    assert.deepEqual(
      rows.map(([type]) => type),
      [...new Set(types)].sort(),
    );
  });

  it("names tests that there are, and no emulator for what it does not make", () => {
    for (const [type = "", proof = "", test = ""] of rows) {
      assert.ok(existsSync(join(repository, test)), test);
      assert.ok(["emulator", "stand-in", "template"].includes(proof), `${type}: ${proof}`);
      assert.equal(proof === "emulator" && unknownTypes.has(type), false, `The emulator does not make ${type}.`);
      if (proof === "emulator") assert.match(test, /^test\/deploy\//);
    }
  });

  it("lists the points of the proof", () => {
    assert.deepEqual(
      tableOf("points"),
      points.map(({ id, shows }) => [id, shows]),
    );
  });
});

describe("a proof", () => {
  const point = (id: string, see: () => Promise<string>, needs: string[] = []) => ({ id, shows: `${id}.`, see, needs });

  it("goes on after a point that does not hold, except with those that need it", async () => {
    const told: string[] = [];
    const outcomes = await tryPoints(
      [
        point("P-1", () => Promise.reject(new Error("No."))),
        point("P-2", () => Promise.resolve("Seen."), ["P-1"]),
        point("P-3", () => Promise.resolve("Seen.")),
      ],
      {} as Parameters<typeof tryPoints>[1],
      ({ id }) => told.push(id),
    );
    assert.deepEqual(
      outcomes.map(({ result, detail }) => `${result}: ${detail}`),
      ["does not hold: No.", "not tried: It needs P-1.", "holds: Seen."],
    );
    assert.deepEqual(told, ["P-1", "P-2", "P-3"]);
  });

  it("is reported without the number of the account, in one row for each point", () => {
    const setting = {
      version: "1.2.0",
      region: "eu-central-1",
      account: "123456789012",
      options: ["mail"],
      date: "2026-01-31",
    };
    const detail = "arn:aws:iam::123456789012:role/a | b\nand more";
    const text = reportOf(setting, [{ id: "P-1", shows: "It works.", result: "holds", detail, seconds: 61 }]);
    assert.match(text, /1 of 1 points hold/);
    assert.match(
      text,
      /^\| P-1 \| It works\. \| \*\*holds\*\* \| arn:aws:iam::…9012:role\/a \\\| b<br>and more \| 1 min \|$/m,
    );
    assert.doesNotMatch(text, /123456789012/);
  });
});
