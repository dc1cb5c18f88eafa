/** Finds the line of a YAML file that a problem is about. */

/** A step of a path: a key, or a place in a list. */
type Step = string | number;

const stepsOf = (path: string): Step[] =>
  [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, key]) =>
    index === undefined ? (quoted ?? key ?? "") : Number(index),
  );

interface Line {
  /** Where the text begins, after the dashes of lists. */
  column: number;
  /** Where each dash before it stands. */
  dashes: number[];
  text: string;
}

/** Reads a line without understanding it. Null for empty ones and comments. */
function lineOf(source: string): Line | null {
  const dashes: number[] = [];
  let column = /^[ \t]*/.exec(source)![0].length;
  while (/^-(?:[ \t]|$)/.test(source.slice(column))) {
    dashes.push(column);
    column += 1 + /^[ \t]*/.exec(source.slice(column + 1))![0].length;
  }
  const text = source.slice(column);
  return (text === "" && dashes.length === 0) || text.startsWith("#") ? null : { column, dashes, text };
}

const startsWithKey = (text: string, key: string) =>
  [key, `"${key}"`, `'${key}'`].some((written) => text.startsWith(written) && /^\s*:/.test(text.slice(written.length)));

/**
 * The line, counted from 0, of what a path names. What is missing, or written in one line with what holds it, is at the line of what
 * holds it. Undefined for the file as a whole.
 */
export function lineOfPath(yaml: string, path: string): number | undefined {
  const lines = yaml.split(/\r\n|\r|\n/).map(lineOf);
  let [from, to] = [0, lines.length];
  let found: number | undefined;
  for (const step of stepsOf(path)) {
    const next = typeof step === "number" ? itemIn(lines, from, to, step) : keyIn(lines, from, to, step);
    if (next === undefined) break;
    ({ line: found, from, to } = next);
  }
  return found;
}

interface Place {
  line: number;
  /** The lines of its value. */
  from: number;
  to: number;
}

function keyIn(lines: (Line | null)[], from: number, to: number, key: string): Place | undefined {
  const column = Math.min(...lines.slice(from, to).map((line) => line?.column ?? Infinity));
  const line = lines.findIndex(
    (line, at) => at >= from && at < to && line?.column === column && startsWithKey(line.text, key),
  );
  if (line === -1) return undefined;
  // A list may stand below its key without being indented.
  const end = lines.findIndex(
    (next, at) => at > line && at < to && next && next.column <= column && next.dashes[0] !== column,
  );
  return { line, from: line + 1, to: end === -1 ? to : end };
}

function itemIn(lines: (Line | null)[], from: number, to: number, index: number): Place | undefined {
  const column = Math.min(...lines.slice(from, to).map((line) => line?.dashes[0] ?? line?.column ?? Infinity));
  const items = lines.flatMap((line, at) => (at >= from && at < to && line?.dashes[0] === column ? [at] : []));
  const line = items[index];
  if (line === undefined) return undefined;
  // The item's first key stands on the line of the dash.
  const inner = lines[line]!;
  lines[line] = { ...inner, dashes: inner.dashes.slice(1) };
  return { line, from: line, to: items[index + 1] ?? to };
}

/** The line that a message of the parser names. */
export function lineInMessage(message: string): number | undefined {
  const line = /\bline (\d+), column \d+/.exec(message)?.[1];
  return line === undefined ? undefined : Number(line) - 1;
}
