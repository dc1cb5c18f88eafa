/** Values inside files: a genpath such as `/stats.json:test/accuracy` names a file and a key in it. */
import { readYaml } from "../../jobs/rules/yaml/yaml.ts";
import type { Node } from "../../jobs/rules/yaml/yaml.ts";
import { LanguageProblem } from "./problem.ts";
import { valueIn } from "./value.ts";
import type { Value } from "./value.ts";

/** How much of a file is read for a genpath. */
export const genpathLimits = { lines: 10_000, bytesPerLine: 1024 } as const;

/** What is nested deeper than this is shown as text: answers could not be written. */
const maxDepth = 50;

/** Whether a genpath names a file, and not a field of the bundle. */
export const isFileGenpath = (genpath: string): boolean => genpath.startsWith("/");

/** The path of a file within a bundle, and the keys that lead to a value in it. Null: the whole file. */
export interface FileGenpath {
  path: string;
  keys: string[] | null;
}

/** Reads a genpath that names a file. */
export function readFileGenpath(genpath: string): FileGenpath {
  if (!isFileGenpath(genpath)) throw new LanguageProblem(`Not file genpath: ${genpath}`);
  const colon = genpath.indexOf(":");
  if (colon === -1) return { path: genpath.slice(1), keys: null };
  return { path: genpath.slice(1, colon), keys: genpath.slice(colon + 1).split("/") };
}

/** What keys lead to. Null where nothing is. */
export const valueAt = (value: Value, keys: readonly string[] | null): Value =>
  (keys ?? []).reduce<Value>((within, key) => valueIn(within, key), value);

/**
 * The value of a file, of which `text` is the beginning: key and value in each line if every line has a tab, else JSON,
 * else YAML, else the text itself.
 */
export function valueOfFile(text: string): Value {
  if (text === "") return "";
  return tabSeparated(text) ?? json(text) ?? yaml(text) ?? text;
}

function tabSeparated(text: string): Value | undefined {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (!lines.every((line) => line.includes("\t"))) return undefined;
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, key, value] = /^([^\t]*)\t(.*)$/s.exec(line.trim()) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
}

function json(text: string): Value | undefined {
  try {
    const value = JSON.parse(text) as Value;
    return isDeeper(value, maxDepth) ? undefined : value;
  } catch {
    return undefined;
  }
}

const isDeeper = (value: Value, levels: number): boolean => {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part: Value) => isDeeper(part, levels - 1));
};

function yaml(text: string): Value | undefined {
  const read = readYaml(text);
  return read.ok ? plain(read.root) : undefined;
}

/** Values that JSON has no notation for, such as dates and huge numbers, are shown as the file has them. */
function plain(node: Node): Value {
  switch (node.kind) {
    case "sequence":
      return node.items.map(plain);
    case "mapping":
      return Object.fromEntries(
        node.entries.map(({ key, value }) => [
          key.kind === "null" ? "null" : "source" in key ? key.source : key.value,
          plain(value),
        ]),
      );
    case "null":
      return null;
    case "integer": {
      const number = Number(node.value);
      return Number.isSafeInteger(number) ? number : node.source;
    }
    case "float":
      return Number.isFinite(node.value) ? node.value : node.source;
    case "timestamp":
      return node.source;
    default:
      return node.value;
  }
}
