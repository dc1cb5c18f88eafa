import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import type { LogEvent } from "../../../contract/log.ts";
import { platformEvents } from "../../../lambdas/kernel/log-events.ts";
import { workerEvents } from "../../../worker-image/log-events.ts";
import { repository } from "../../support/files.ts";

const read = (path: string) => readFileSync(join(repository, path), "utf8");
const sources = globSync("{gateway,lambdas,worker-image,local}/**/*.ts", { cwd: repository })
  .filter((path) => !path.endsWith("log-events.ts"))
  .map((path) => ({ path, text: read(path) }));

/** The rows of a table as docs/logs.md has them. */
const rowsOf = (events: Record<string, LogEvent>) =>
  Object.entries(events).map(([name, { level, means, fields }]) => {
    const shown = Object.keys(fields).map((field) => `\`${field}\`${fields[field]!.endsWith("?") ? "?" : ""}`);
    return `| \`${name}\` | ${level} | ${means} | ${shown.join(", ")} |`;
  });
/** The rows below a heading. */
const documented = (heading: string) =>
  read("docs/logs.md")
    .split(/^## /m)
    .find((section) => section.startsWith(heading))!
    .split("\n")
    .filter((line) => line.startsWith("| `"));

const tables: [heading: string, events: Record<string, LogEvent>][] = [
  ["Events of the platform", platformEvents],
  ["Events of workers", workerEvents],
];

describe("docs/logs.md", () => {
  for (const [heading, events] of tables)
    it(`lists all ${heading.toLowerCase()} as the code has them`, () =>
      assert.deepEqual(documented(heading), rowsOf(events)));
});

describe("an event", () => {
  const all = tables.flatMap(([, events]) => Object.entries(events));
  it("is named by a noun and a verb, and by no other log", () => {
    for (const [name, { means }] of all) {
      assert.match(name, /^[a-z]+\.[a-z]+(-[a-z]+)?$/);
      assert.match(means, /^[A-Z].*\.$/, name);
    }
    assert.equal(new Set(all.map(([name]) => name)).size, all.length);
  });

  // The compiler refuses names that no table has.
  it("is logged somewhere", () => {
    const unused = all.filter(([name]) => !sources.some(({ text }) => text.includes(`"${name}"`)));
    assert.deepEqual(
      unused.map(([name]) => name),
      [],
    );
  });

  it("is all that is logged: nothing writes to the console", () => {
    const prose = sources.filter(({ text }) => /\bconsole\.\w+\(/.test(text));
    assert.deepEqual(
      prose.map(({ path }) => path),
      [],
    );
  });
});
