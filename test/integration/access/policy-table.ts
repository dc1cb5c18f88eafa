import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../support/files.ts";

/** Who asks, as the columns of the tables in docs/access.md have them. */
export const actors = [
  "anonymous",
  "participant",
  "other participant",
  "organizer",
  "other organizer",
  "collaborator",
  "bot",
  "worker",
  "superuser",
] as const;
export type Actor = (typeof actors)[number];

/** What the request of an actor is answered with: `yes`, `none`, or the status of a refusal. */
export type Cells = Record<Actor, string>;

export interface PolicyTable {
  /** Of a published competition, by what a row is of: a route, and a few words where it has several rows. */
  published: Map<string, Cells>;
  /** Rows that differ while the competition is private. */
  private: Map<string, Cells>;
}

const privateHeading = "## While the competition is private";

/** Reads docs/access.md. */
export function readPolicyTable(): PolicyTable {
  const [published, ...rest] = readFileSync(join(repository, "docs/access.md"), "utf8").split(privateHeading);
  assert.equal(rest.length, 1, `docs/access.md has the heading "${privateHeading}" once`);
  return { published: rowsIn(published!), private: rowsIn(rest[0]!) };
}

function rowsIn(text: string): Map<string, Cells> {
  const rows = new Map<string, Cells>();
  for (const line of text.split("\n").filter((line) => line.startsWith("| request ")))
    assert.deepEqual(cellsOf(line), ["request", ...actors], "the columns of docs/access.md");
  for (const line of text.split("\n").filter((line) => line.startsWith("| `"))) {
    const [first, ...cells] = cellsOf(line);
    const name = first!.replaceAll("`", "");
    assert.ok(!rows.has(name), `docs/access.md has one row "${name}"`);
    assert.equal(cells.length, actors.length, `a cell for each actor in: ${line}`);
    rows.set(name, Object.fromEntries(actors.map((actor, i) => [actor, cells[i]!])) as Cells);
  }
  return rows;
}

const cellsOf = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
