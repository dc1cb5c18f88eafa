/** The classes of the web application's style sheets, which are all in one document. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "@jest/globals";
import { repository } from "../../support/files.ts";

/** The classes with which selectors begin. What stands beside another subject's class is that of the own one. */
const beginnings = (css: string): string[] =>
  [...css.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{};]+)\{/g)]
    .flatMap(([, selectors = ""]) => selectors.split(/,(?![^(]*\))/))
    .flatMap((selector) => /^\s*\.([\w-]+)(?!\s*[+~]|[\w-])/.exec(selector)?.[1] ?? []);

/** The style sheets that come with a file: those that it imports, and those of the components that it imports. */
function sheetsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith(".tsx")) return seen;
  const text = readFileSync(join(repository, file), "utf8");
  for (const [, path = ""] of text.matchAll(/^import (?!type )[^;]*?"(\.[^"]+)";/gm))
    sheetsOf(join(dirname(file), path), seen);
  return seen;
}

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

  it("are imported by each file that uses what all subjects share", () => {
    const everywhere = new Set(["base", "tokens", "fonts"].map((name) => `web/design/${name}.css`));
    const shared = globSync("web/design/*.css", { cwd: repository }).filter((sheet) => !everywhere.has(sheet));
    const missing = globSync("web/**/*.tsx", { cwd: repository }).flatMap((file) => {
      const text = readFileSync(join(repository, file), "utf8");
      const used = new Set(
        [...text.matchAll(/className=\{?["`]([^"`]*)["`]/g)].flatMap(([, names = ""]) => names.split(" ")),
      );
      const sheets = sheetsOf(file);
      return shared
        .filter(
          (sheet) =>
            !sheets.has(sheet) &&
            beginnings(readFileSync(join(repository, sheet), "utf8")).some((name) => used.has(name)),
        )
        .map((sheet) => `${file} does not import ${sheet}`);
    });
    assert.deepEqual(missing, []);
  });
});
