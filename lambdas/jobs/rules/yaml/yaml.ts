/**
 * YAML as PyYAML's safe loader reads it, into nodes that keep what the loader loses: the order and type of keys, and how a
 * number was written. js-yaml, a port of PyYAML, reads the syntax; the types are those of scalars.ts.
 */
import yaml from "js-yaml";
import { plainScalar } from "./scalars.ts";
import type { PlainKind, Scalar } from "./scalars.ts";
import { oneLine } from "./one-line.ts";

export interface SequenceNode {
  kind: "sequence";
  items: Node[];
}
export interface MappingNode {
  kind: "mapping";
  entries: { key: Scalar; value: Node }[];
}
export type Node = Scalar | SequenceNode | MappingNode;

/** `repeatedKey` is the place of the first key that its mapping has twice; the last value counts. */
export type YamlResult = { ok: true; root: Node; repeatedKey: string | null } | { ok: false; reason: string };

/** In UTF-16 units. Real files have some kilobytes. */
export const maxYamlLength = 1_000_000;
/** How deeply lists and mappings may be nested. */
const maxDepth = 50;
/** Values in a file after its aliases are expanded. Without a limit, nine lines can stand for billions of values. */
const maxNodes = 50_000;
const maxCharacters = 4 * maxYamlLength;

/** Marks a key that is not text, so that the keys 1 and "1" stay apart in the loader's objects. */
const notTextMark = "\u0000";

/** A word that the schema reads as something other than text. As a key it is written as the mark and the word. */
class Plain {
  readonly scalar: Scalar;
  readonly #word: string;
  constructor(scalar: Scalar, word: string) {
    this.scalar = scalar;
    this.#word = word;
  }
  get [Symbol.toStringTag](): string {
    return "Plain";
  }
  toString(): string {
    return notTextMark + this.#word;
  }
}

const plainKinds: [tag: string, kind: PlainKind][] = [
  ["null", "null"],
  ["bool", "boolean"],
  ["int", "integer"],
  ["float", "float"],
  ["timestamp", "timestamp"],
];

const plainType = ([tag, kind]: [string, PlainKind]): yaml.Type =>
  new yaml.Type(`tag:yaml.org,2002:${tag}`, {
    kind: "scalar",
    resolve: (word: unknown) => plainScalar(kind, typeof word === "string" ? word : "") !== null,
    construct: (word: unknown) => {
      const text = typeof word === "string" ? word : "";
      return new Plain(plainScalar(kind, text) ?? { kind: "text", value: text }, text);
    },
  });

const schema = yaml.FAILSAFE_SCHEMA.extend({
  implicit: [
    ...plainKinds.map(plainType),
    new yaml.Type("tag:yaml.org,2002:merge", { kind: "scalar", resolve: (word: unknown) => word === "<<" }),
  ],
});

/** Reads one YAML document. Never throws; `reason` is the parser's own text with line and column. */
export function readYaml(text: string): YamlResult {
  if (text.length > maxYamlLength) {
    return { ok: false, reason: `the file is longer than ${maxYamlLength} characters` };
  }
  let repeatedKey: string | null = null;
  try {
    let loaded: unknown;
    try {
      loaded = load(text, false);
    } catch (error) {
      if (!(error instanceof yaml.YAMLException) || error.reason !== "duplicated mapping key") throw error;
      repeatedKey = place(error);
      loaded = load(text, true);
    }
    return { ok: true, root: toNode(loaded, { depth: 0, nodes: maxNodes, characters: maxCharacters }), repeatedKey };
  } catch (error) {
    if (error instanceof TooBig) return { ok: false, reason: error.message };
    if (error instanceof yaml.YAMLException)
      return { ok: false, reason: `${oneLine(error.reason, 200)} at ${place(error)}` };
    return { ok: false, reason: "the parser gave up on it" };
  }
}

function load(text: string, lastKeyWins: boolean): unknown {
  const options = { schema, json: lastKeyWins, maxDepth };
  return yaml.load(text, options);
}

const place = (error: yaml.YAMLException): string =>
  `line ${(error.mark?.line ?? 0) + 1}, column ${(error.mark?.column ?? 0) + 1}`;

class TooBig extends Error {}

interface Budget {
  depth: number;
  /** How many more are allowed. */
  nodes: number;
  characters: number;
}

function spend(budget: Budget, text: string): string {
  budget.characters -= text.length;
  if (budget.characters < 0) throw new TooBig(`its texts hold more than ${maxCharacters} characters`);
  return text;
}

/** Expands aliases into copies within a budget, which stops aliases that contain themselves or grow without end. */
function toNode(value: unknown, budget: Budget): Node {
  budget.nodes -= 1;
  if (budget.nodes < 0) throw new TooBig(`it holds more than ${maxNodes} values`);
  if (budget.depth > maxDepth) throw new TooBig(`its lists and mappings lie more than ${maxDepth} deep`);
  if (typeof value === "string") return { kind: "text", value: spend(budget, value) };
  if (value instanceof Plain) return value.scalar;
  if (typeof value !== "object" || value === null) return { kind: "null" };
  budget.depth += 1;
  const node: Node = Array.isArray(value)
    ? { kind: "sequence", items: value.map((item) => toNode(item, budget)) }
    : {
        kind: "mapping",
        entries: Object.entries(value).map(([key, entry]) => ({
          key: keyOf(spend(budget, key)),
          value: toNode(entry, budget),
        })),
      };
  budget.depth -= 1;
  return node;
}

function keyOf(key: string): Scalar {
  if (!key.startsWith(notTextMark)) return { kind: "text", value: key };
  const word = key.slice(notTextMark.length);
  for (const [, kind] of plainKinds) {
    const scalar = plainScalar(kind, word);
    if (scalar) return scalar;
  }
  return { kind: "text", value: word };
}
