import { placeInFile } from "../lambdas/competitions/rules/bundle-format/index.ts";
import type { CompetitionDescription } from "../lambdas/competitions/rules/competition.ts";
import { fileSources } from "../lambdas/competitions/service/bundle-import/bundle-references.ts";
import { exitCodes, type Command } from "./command.ts";
import { readBundle } from "./local-bundle.ts";
import { show } from "./output.ts";
import { report } from "./report.ts";

/** The command `validate`. */
export const validate: Command["run"] = ({ words: [path], json }) =>
  readBundle(path!, (result) => {
    const unchecked = result.ok ? referencesByKey(result.competition, result.places) : [];
    const { ok, problems } = result;
    show(json, { ok, problems, unchecked }, () => report(ok, problems) + uncheckedReport(unchecked));
    return Promise.resolve(ok ? exitCodes.done : exitCodes.failed);
  });

/** A reference by key: where it is in the YAML, and the key. */
interface KeyReference {
  path: string;
  key: string;
}

/** References that only a platform can check. */
function referencesByKey(competition: CompetitionDescription, places: ReadonlyMap<string, string>): KeyReference[] {
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

function uncheckedReport(keys: KeyReference[]): string {
  if (keys.length === 0) return "";
  const lines = keys.map(({ path, key }) => `    ${path}: ${key}\n`);
  return `Not checked, because only the platform knows these keys:\n${lines.join("")}`;
}
