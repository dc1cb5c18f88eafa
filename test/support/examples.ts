import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { packFolder } from "../../client/pack.ts";
import { repository } from "./files.ts";

/** The expected result of a submission on a task: exact scores by column key, or a part of the error message. */
export type Expectation = { scores: Record<string, number> } | { error: string };

/** A competition in `examples/`. */
export interface Example {
  name: string;
  /** Absolute path of the bundle's files; `competition.yaml` is at its root. */
  bundle: string;
  /** Absolute path of each sample submission by its name. */
  submissions: Record<string, string>;
  /** The expected result of each sample submission, by submission and by the task's name. */
  expected: Record<string, Record<string, Expectation>>;
}

const folder = join(repository, "examples");

const foldersIn = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

/** Every competition in `examples/`. */
export const examples: Example[] = foldersIn(folder).map((name) => {
  const path = join(folder, name);
  const submissions = foldersIn(join(path, "submissions"));
  return {
    name,
    bundle: join(path, "bundle"),
    submissions: Object.fromEntries(submissions.map((name) => [name, join(path, "submissions", name)])),
    expected: JSON.parse(readFileSync(join(path, "expected.json"), "utf8")) as Example["expected"],
  };
});

/** The example with a name. Throws if there is none. */
export function example(name: "temperature-forecast" | "tabular-classification"): Example {
  const found = examples.find((one) => one.name === name);
  if (!found) throw new Error(`examples/${name} is missing`);
  return found;
}

/** Zips the example's bundle, with `dockerImage` as the image in which programs run. */
export function packBundle({ bundle }: Example, dockerImage: string): Promise<Buffer> {
  const yaml = readFileSync(join(bundle, "competition.yaml"), "utf8");
  return packFolder(bundle, {
    "competition.yaml": yaml.replace(/^docker_image: .*$/m, `docker_image: ${dockerImage}`),
  });
}
