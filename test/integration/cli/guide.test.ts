import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { repository, temporaryFolder } from "../../support/files.ts";
import { benchstackHere } from "./run-benchstack.ts";

/** The parts of the guide that write files: each starts with a numbered heading. */
const guide = await readFile(join(repository, "docs/write-a-bundle.md"), "utf8");
const parts = guide.split(/^## (?=\d)/m).slice(1);

/** A block of the guide that shows a whole file, with its path on the line above. */
const file = /^`((?:bundle|submission)\/[^`]+)`\n\n```\w+\n(.*?)^```$/gms;
/** A block of the guide with commands and what they print. */
const session = /^```console\n(.*?)^```$/gms;

describe("the guide on writing a bundle", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (path: string) => join(folder.path, path);
  const write = async (path: string, content: string) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content);
  };
  const run = (command: string) =>
    benchstackHere(
      command.split(" ").map((word) => (/^(bundle|submission)$/.test(word) ? at(word) : word)),
      {},
    );

  beforeAll(async () => {
    folder = await temporaryFolder();
    await mkdir(at("bundle"), { recursive: true });
    await copyFile(join(repository, "examples/temperature-forecast/bundle/logo.png"), at("bundle/logo.png"));
  });
  afterAll(() => folder.remove());

  it("has four parts", () => assert.equal(parts.length, 4));

  it("writes a bundle that is valid after each part and prints what the guide shows", async () => {
    for (const part of parts) {
      if (part.includes("Delete `submission/answers.csv`")) await rm(at("submission/answers.csv"));
      for (const [, path, content] of part.matchAll(file)) await write(path!, content!);
      assert.equal(
        (await run("validate bundle")).out,
        "The bundle is valid: 0 errors, 0 warnings.\n",
        part.slice(0, 60),
      );
      for (const [, shown] of part.matchAll(session)) {
        for (const [, command, output] of shown!.matchAll(/^\$ npx benchstack (.*)\n([^$]*)/gm)) {
          const sandbox = command!.startsWith("run") ? " --launcher sandbox" : "";
          const { out } = await run(command! + sandbox);
          const [start, end = ""] = output!.split("  ...\n");
          assert.ok(out.startsWith(start!) && out.endsWith(end), `${command} prints:\n${out}`);
        }
      }
    }

    // The last part adds lines to files.
    const [top, end] = [...parts[3]!.matchAll(/^```(?:yaml|python)\n(.*?)^```$/gms)].map(([, lines]) => lines!);
    const yaml = await readFile(at("bundle/competition.yaml"), "utf8");
    await write(
      "bundle/competition.yaml",
      yaml.replace(/^title: .*\n/m, (title) => title + top!),
    );
    const program = "bundle/scoring_program/score.py";
    await write(program, (await readFile(at(program), "utf8")) + end!);
    assert.equal((await run("validate bundle")).code, 0);
    const { out, code } = await run("run bundle submission --launcher sandbox");
    assert.equal(code, 0, out);
  });
});
