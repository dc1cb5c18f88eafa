/** How messages quote values: short, on one line and safe to display. */
import { oneLine } from "../../../jobs/rules/yaml/one-line.ts";
import type { Node } from "../../../jobs/rules/yaml/yaml.ts";

/** A text in quotes, on one line, cut to 80 characters. */
export function plainQuote(text: string): string {
  return `"${oneLine(text, 80)}"`;
}

/** Describes a value, to complete "but it is …". */
export function describe(node: Node | undefined): string {
  switch (node?.kind) {
    case undefined:
    case "null":
      return "empty";
    case "boolean":
      return node.source === String(node.value)
        ? node.source
        : `${plainQuote(node.source)}, which is read as ${node.value}`;
    case "integer":
    case "float":
      return `the number ${node.source.slice(0, 40)}`;
    case "timestamp":
      return `the date ${node.source.slice(0, 40)}`;
    case "text":
      return `the text ${plainQuote(node.value)}`;
    case "sequence":
      return "a list";
    case "mapping":
      return "a mapping";
  }
}

/** The value itself: a text in quotes, or a number or the like as it is written. What has no short form is described. */
export function quoteValue(node: Node | undefined): string {
  if (node?.kind === "text") return plainQuote(node.value);
  return node && "source" in node ? node.source.slice(0, 40) : describe(node);
}

const maxListed = 12;

/** "a, b and c". Texts are quoted, numbers are not. The list is cut after `maxListed` items; an empty one is "none". */
export function listInWords(items: ReadonlySet<string | number>): string {
  const listed: string[] = [];
  for (const item of items) {
    if (listed.length === maxListed) break;
    listed.push(typeof item === "number" ? String(item) : plainQuote(item));
  }
  if (items.size > maxListed) return `${listed.join(", ")} and ${items.size - maxListed} more`;
  return listed.length > 1 ? `${listed.slice(0, -1).join(", ")} and ${listed.at(-1)}` : (listed[0] ?? "none");
}
