/** The classes of the web application's style sheets, which are all in one document. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { repository } from "../../support/files.ts";

/** The classes with which selectors begin. What stands beside another subject's class is that of the own one. */
const beginnings = (css: string): string[] =>
  [...css.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{};]+)\{/g)]
    .flatMap(([, selectors = ""]) => selectors.split(/,(?![^(]*\))/))
    .flatMap((selector) => /^\s*\.([\w-]+)(?!\s*[+~]|[\w-])/.exec(selector)?.[1] ?? []);

describe("style sheets", () => {
  it("name no class that another subject has", () => {
    const subjects = new Map<string, Set<string>>();
    for (const file of globSync("web/*/**/*.css", { cwd: repository })) {
      const [, subject = ""] = file.split("/");
      for (const name of beginnings(readFileSync(join(repository, file), "utf8")))
        subjects.set(name, (subjects.get(name) ?? new Set()).add(subject));
    }
    assert(subjects.size > 500);
    const shared = [...subjects].filter(([, of]) => of.size > 1).map(([name, of]) => `${name}: ${[...of].join(", ")}`);
    assert.deepEqual(shared, []);
  });
});
