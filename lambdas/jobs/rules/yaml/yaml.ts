/**
 * Reads YAML like PyYAML's safe loader. The nodes keep the order and types of keys, and the original text of numbers.
 *
 * js-yaml, a port of PyYAML, does the parsing and accepts what PyYAML accepts (JSON pasted at the left margin, quoted
 * texts over several paragraphs). scalars.ts decides the types.
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

/** A key that occurs twice in its mapping, and the position of its second occurrence. */
export interface RepeatedKey {
  key: string;
  place: string;
}

/** `repeatedKey` is the first key that occurs twice in its mapping. The last value is used. */
export type YamlResult = { ok: true; root: Node; repeatedKey: RepeatedKey | null } | { ok: false; reason: string };

/** Maximum length of a file in UTF-16 units. Real files have a few kilobytes. */
export const maxYamlLength = 1_000_000;
/** Maximum nesting of lists and mappings. */
const maxDepth = 50;
/** Maximum number of values after aliases are expanded. Without it, nine lines can expand to billions of values. */
const maxNodes = 50_000;
const maxCharacters = 4 * maxYamlLength;

/** Prefix of keys that are not texts, so that 1 and "1" stay distinct in the parser's objects. */
const notTextMark = "\u0000";

/** A parsed word that is not a text. As a key it becomes the prefix and its source. */
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

/** Tags that Python 2 wrote into files, for texts and lists. */
const pythonTypes = [
  ...["unicode", "str"].map((name) => new yaml.Type(`tag:yaml.org,2002:python/${name}`, { kind: "scalar" })),
  new yaml.Type("tag:yaml.org,2002:python/tuple", { kind: "sequence" }),
];

const schema = yaml.FAILSAFE_SCHEMA.extend({
  explicit: pythonTypes,
  implicit: [
    ...plainKinds.map(plainType),
    new yaml.Type("tag:yaml.org,2002:merge", { kind: "scalar", resolve: (word: unknown) => word === "<<" }),
  ],
});

/** Reads one YAML document. Never throws. `reason` is the parser's message with line and column. */
export function readYaml(text: string): YamlResult {
  if (text.length > maxYamlLength) {
    return { ok: false, reason: `the file has more than ${maxYamlLength} characters` };
  }
  let repeatedKey: RepeatedKey | null = null;
  try {
    let loaded: unknown;
    try {
      loaded = load(text, false);
    } catch (error) {
      if (!(error instanceof yaml.YAMLException) || error.reason !== "duplicated mapping key") throw error;
      repeatedKey = { key: keyAt(error), place: place(error) };
      loaded = load(text, true);
    }
    return { ok: true, root: toNode(loaded, { depth: 0, nodes: maxNodes, characters: maxCharacters }), repeatedKey };
  } catch (error) {
    if (error instanceof TooBig) return { ok: false, reason: error.message };
    if (error instanceof yaml.YAMLException)
      return { ok: false, reason: `${oneLine(error.reason, 200)} at ${place(error)}` };
    return { ok: false, reason: "the parser failed" };
  }
}

function load(text: string, lastKeyWins: boolean): unknown {
  const options = { schema, json: lastKeyWins, maxDepth };
  return yaml.load(text, options);
}

/** The parser does not give a mark with every error, whatever its types say. */
function place(error: yaml.YAMLException): string {
  const mark = error.mark as yaml.Mark | undefined;
  return `line ${(mark?.line ?? 0) + 1}, column ${(mark?.column ?? 0) + 1}`;
}

/** The key that an error is about, as it is written. The parser's message does not name it. */
function keyAt(error: yaml.YAMLException): string {
  const { buffer, position } = error.mark as yaml.Mark;
  const written = buffer.slice(position, position + 200).replace(/\0/g, "");
  const [, double, single, plain] = /^(?:"([^"\n]*)"|'([^'\n]*)'|([^\n]*?)\s*(?::(?:\s|$)|$))/m.exec(written) ?? [];
  return double ?? single ?? plain ?? "";
}

class TooBig extends Error {}

interface Budget {
  depth: number;
  /** How many more values are allowed. */
  nodes: number;
  characters: number;
}

function spend(budget: Budget, text: string): string {
  budget.characters -= text.length;
  if (budget.characters < 0) throw new TooBig(`its texts have more than ${maxCharacters} characters in total`);
  return text;
}

/** Expands aliases to copies, within the budget. Recursive aliases, and nested aliases that multiply, exceed it. */
function toNode(value: unknown, budget: Budget): Node {
  budget.nodes -= 1;
  if (budget.nodes < 0) throw new TooBig(`it contains more than ${maxNodes} values`);
  if (budget.depth > maxDepth) throw new TooBig(`its lists and mappings are nested more than ${maxDepth} deep`);
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
