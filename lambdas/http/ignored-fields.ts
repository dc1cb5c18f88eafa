// Finds what a request contains and its route does not read, so that a misspelled or read-only field is not ignored in silence.
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { asJson } from "./render.ts";
import type { Route } from "./route.ts";

/** Every HTML form of Codabench contains this field. */
const csrfField = "csrfmiddlewaretoken";

/** Parameters that any address may have: the format of the answer, and what browsers are kept from caching it with. */
const anyParameter = ["format", "_"];

/** What a route without a body or without a query reads of it. */
const nothing = z.object({});

/**
 * Sentences about what a route did not read of a request, unless clients of Codabench are known to send it, or the
 * answer has the same value. `likely` guesses which known name an unknown one means.
 */
export function aboutIgnored(
  route: Pick<Route, "query" | "body" | "ignores">,
  query: Record<string, unknown>,
  body: unknown,
  answer: unknown,
  likely: (unknown: string, known: string[]) => string | null,
): string[] {
  const harmless = [csrfField, ...(route.ignores ?? [])];
  const fields = ignoredFields(route.body ?? nothing, body).filter(
    ({ path }) => !harmless.includes(String(path.at(-1))),
  );
  const parameters = ignoredFields(route.query ?? nothing, query).filter(
    ({ path }) => !anyParameter.includes(String(path.at(-1))),
  );
  const answered: unknown = fields.length > 0 ? JSON.parse(asJson(answer ?? null)) : null;
  return [
    ...sentences(
      "field",
      fields.filter(({ path }) => !isAnswered(answered, body, path)),
      likely,
    ),
    ...sentences("query parameter", parameters, likely),
  ];
}

/** A field of a request that no schema reads. */
interface IgnoredField {
  path: (string | number)[];
  /** The fields that are read in its place. */
  known: string[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schema inside optional, nullable and transformed ones. */
function core(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return core(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodCatch
  )
    return core(schema.unwrap());
  return schema;
}

/** The fields of a valid value that its schema does not read. */
function ignoredFields(schema: z.core.$ZodType, value: unknown, path: IgnoredField["path"] = []): IgnoredField[] {
  const inner = core(schema);
  if (inner instanceof z.ZodArray)
    return Array.isArray(value)
      ? value.flatMap((item, index) => ignoredFields(inner.element, item, [...path, index]))
      : ignoredFields(inner.element, value, path);
  if (inner instanceof z.ZodUnion) return ofUnion(inner.options, value, path);
  if (!(inner instanceof z.ZodObject) || inner.def.catchall !== undefined || !isObject(value)) return [];
  const known = Object.keys(inner.shape);
  return Object.entries(value).flatMap(([name, given]) =>
    Object.hasOwn(inner.shape, name)
      ? ignoredFields(inner.shape[name]!, given, [...path, name])
      : [{ path: [...path, name], known }],
  );
}

/**
 * Where an id may also be an object, the object is one from an answer, which names something with one of its fields.
 * Nobody expects its other fields to change anything.
 */
function ofUnion(options: readonly z.core.$ZodType[], value: unknown, path: IgnoredField["path"]): IgnoredField[] {
  if (!isObject(value)) return [];
  const cores = options.map(core);
  if (!cores.every((option) => option instanceof z.ZodObject)) return [];
  const [fewest = []] = cores
    .filter((option) => option.safeParse(value).success)
    .map((option) => ignoredFields(option, value, path))
    .sort((one, other) => one.length - other.length);
  return fewest;
}

/** Whether an answer has the value that a request gives for a field. Clients that send an answer back expect nothing to change. */
function isAnswered(answer: unknown, body: unknown, path: IgnoredField["path"]): boolean {
  const at = (value: unknown) =>
    path.reduce<unknown>(
      (inside, name) =>
        typeof inside === "object" && inside !== null && Object.hasOwn(inside, name)
          ? (inside as Record<string | number, unknown>)[name]
          : undefined,
      value,
    );
  return at(answer) !== undefined && isDeepStrictEqual(at(answer), at(body));
}

/** At most this many fields are named in an answer. */
const maxNamed = 10;
const maxNameLength = 100;

function sentences(
  what: "field" | "query parameter",
  fields: IgnoredField[],
  likely: (unknown: string, known: string[]) => string | null,
): string[] {
  const named = fields.slice(0, maxNamed).map(({ path, known }) => {
    const meant = likely(String(path.at(-1)), known);
    const name = path.join(".").slice(0, maxNameLength);
    return `The ${what} ${name} was ignored, because this request cannot contain it.${meant === null ? "" : ` Did you mean ${meant}?`}`;
  });
  const more = fields.length - maxNamed;
  return more > 0 ? [...named, `${more} more ${what}s were ignored.`] : named;
}

/** The Warning header of HTTP (RFC 7234), whose code 299 means a warning of any kind. Characters outside ASCII are percent-encoded. */
export const warningHeader = (warnings: string[]): string =>
  warnings
    .map((text) => text.replace(/[^\x20-\x7e]+/gu, (characters) => encodeURIComponent(characters.toWellFormed())))
    .map((text) => `299 - "${text.replace(/["\\]/g, "\\$&")}"`)
    .join(", ");
