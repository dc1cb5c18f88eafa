import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "@jest/globals";
import { repository } from "../../support/files.ts";

/** Words of a product; a word counts in any spelling, in code, SQL and comments alike. */
const productWords =
  /submi(?:t|ssion)|competition|participant|contestant|phases?\b|phase_|leader_?board|scor(?:e|ing)|prediction|dataset|codabench|codalab|bundle/gi;

/** What the execution plane may import of ours. */
const lowerFolders = [
  "lambdas/jobs/",
  "lambdas/accounts/",
  "lambdas/http/",
  "lambdas/policy/",
  "lambdas/kernel/",
  "contract/",
];

const sources = globSync("{lambdas/jobs,contract}/**/*.ts", { cwd: repository });
const textOf = (file: string) => readFileSync(join(repository, file), "utf8");

describe("the execution plane knows no product", () => {
  it("has its sources where this test looks for them", () => assert.ok(sources.length > 25));

  for (const file of sources)
    it(file, () => {
      const text = textOf(file);
      const words = text
        .split("\n")
        .flatMap((line, index) => (line.match(productWords) ?? []).map((word) => `line ${index + 1}: ${word}`));
      assert.deepEqual(words, []);
      const imported = [...text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)].map(([, path = ""]) =>
        relative(repository, join(repository, dirname(file), path)),
      );
      const allowed = file.startsWith("contract/") ? ["contract/"] : lowerFolders;
      assert.deepEqual(
        imported.filter((path) => !allowed.some((folder) => path.startsWith(folder))),
        [],
      );
    });
});
