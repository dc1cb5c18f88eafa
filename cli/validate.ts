import { placeInFile } from "../lambdas/competitions/rules/bundle-format/index.ts";
import type { CompetitionDescription } from "../lambdas/competitions/rules/competition.ts";
import { fileSources } from "../lambdas/competitions/service/bundle-import/bundle-references.ts";
import { exitCodes, type Command } from "./command.ts";
import { readBundle } from "./local-bundle.ts";
import { show } from "./output.ts";
import { report } from "./report.ts";

export const validateCommand: Command = {
  takes: ["BUNDLE"],
  about: "Check a bundle, a zip or a folder, and report all that is wrong with it, as its upload would.",
  run: ({ words: [path], json }) =>
    readBundle(path!, (result) => {
      const unchecked = result.ok ? keysOf(result.competition, result.places) : [];
      const { ok, problems } = result;
      show(json, { ok, problems, unchecked }, () => report(ok, problems) + uncheckedReport(unchecked));
      return Promise.resolve(ok ? exitCodes.done : exitCodes.notGood);
    }),
};

/** Something that a bundle names by its key: where in the YAML, and which. */
interface NamedByKey {
  path: string;
  key: string;
}

/** What only a platform can look up. */
function keysOf(competition: CompetitionDescription, places: ReadonlyMap<string, string>): NamedByKey[] {
  const { tasks, solutions, queue } = competition;
  return [
    ...tasks.flatMap((task, i) => ("key" in task ? [{ path: `tasks[${i}].key`, key: task.key }] : [])),
    ...solutions.flatMap(({ key }, i) => (key === null ? [] : [{ path: `solutions[${i}].key`, key }])),
    ...fileSources(competition).flatMap(({ source, path }) =>
      source.from === "dataset" ? [{ path: placeInFile(places, path), key: source.key }] : [],
    ),
    ...(queue === null ? [] : [{ path: "queue", key: queue }]),
  ];
}

function uncheckedReport(keys: NamedByKey[]): string {
  if (keys.length === 0) return "";
  const lines = keys.map(({ path, key }) => `    ${path}: ${key}\n`);
  return `Not checked, since only the platform it is uploaded to knows these keys:\n${lines.join("")}`;
}
