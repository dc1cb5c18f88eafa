/** Joins what two organizers changed at the same time, starting from what both had opened. */
import { isSame } from "./same.ts";

export type Choice = "mine" | "theirs";

/** Something that the other organizer changed. */
export interface Difference {
  /** Names it among the differences. */
  id: string;
  /** The names of fields, and of the parts between them. */
  path: string[];
  /** The values; undefined if there is no such part. */
  mine: unknown;
  theirs: unknown;
  /** Whether both changed it, so that taking one loses the other. */
  isConflict: boolean;
}

interface Part {
  part: string;
  id?: number | undefined;
}
type Values = Record<string, unknown>;

const isValues = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isParts = (value: unknown): value is Part[] =>
  Array.isArray(value) && value.every((one) => isValues(one) && typeof one["part"] === "string");

/**
 * The joined form, and what the other one changed. What only they changed is theirs, and what both changed is mine, unless
 * `choices` says otherwise. What only I changed stays.
 */
export function merge<Form extends object>(
  base: Form,
  mine: Form,
  theirs: Form,
  choices: Record<string, Choice> = {},
): { form: Form; differences: Difference[] } {
  const differences: Difference[] = [];
  /** Notes a difference and says which side it takes. */
  const choose = (path: string[], mine: unknown, theirs: unknown, isConflict: boolean): Choice => {
    const id = path.join("/");
    differences.push({ id, path, mine, theirs, isConflict });
    return choices[id] ?? (isConflict ? "mine" : "theirs");
  };

  function join(path: string[], base: unknown, mine: unknown, theirs: unknown): unknown {
    if (isSame(mine, theirs) || isSame(theirs, base)) return mine;
    if (isParts(base) && isParts(mine) && isParts(theirs)) return joinParts(path, base, mine, theirs);
    if (isValues(base) && isValues(mine) && isValues(theirs) && !("part" in theirs && theirs["part"] !== mine["part"]))
      return joinValues(path, base, mine, theirs);
    return choose(path, mine, theirs, !isSame(mine, base)) === "theirs" ? theirs : mine;
  }

  const joinValues = (path: string[], base: Values, mine: Values, theirs: Values): Values =>
    Object.fromEntries(
      [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].map((name) => [
        name,
        join([...path, name], base[name], mine[name], theirs[name]),
      ]),
    );

  function joinParts(path: string[], base: Part[], mine: Part[], theirs: Part[]): Part[] {
    const find = (parts: Part[], name: string) => parts.find(({ part }) => part === name);
    const joined = (name: string): Part | undefined => {
      const [was, own, other] = [find(base, name), find(mine, name), find(theirs, name)];
      const here = [...path, name];
      if (own && other) return join(here, was ?? {}, own, other) as Part;
      if (own && !was) return own;
      // A part that they removed has no id any more. Whoever keeps it adds it again.
      if (own)
        return choose(here, own, undefined, !isSame(own, was)) === "mine" ? { ...own, id: undefined } : undefined;
      if (was && isSame(other, was)) return undefined;
      return choose(here, undefined, other, was !== undefined) === "theirs" ? other : undefined;
    };
    return orderOf(base, mine, theirs).flatMap((name) => joined(name) ?? []);
  }

  return { form: join([], base, mine, theirs) as Form, differences };
}

/** All parts in order: mine if I moved any, otherwise theirs. Parts of the other side follow the one that they follow there. */
function orderOf(base: Part[], mine: Part[], theirs: Part[]): string[] {
  const names = (parts: Part[]) => parts.map(({ part }) => part);
  const isIn = (parts: Part[]) => (name: string) => parts.some(({ part }) => part === name);
  const isMoved = !isSame(names(mine).filter(isIn(base)), names(base).filter(isIn(mine)));
  const [first, second] = isMoved ? [names(mine), names(theirs)] : [names(theirs), names(mine)];
  const order = [...first];
  for (const [at, name] of second.entries())
    if (!order.includes(name)) order.splice(order.indexOf(second[at - 1] ?? "") + 1, 0, name);
  return order;
}
