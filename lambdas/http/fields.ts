// Field types for JSON and forms. In a form every value is text, and an empty list is absent.
import * as z from "zod";

/** A whole number in a range, which a form sends as text. Nothing else counts as one, least of all an empty text as 0. */
export const wholeNumber = (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  z
    .preprocess(
      (given) => (typeof given === "string" && /^-?\d+$/.test(given) ? Number(given) : given),
      z.number().int().min(least).max(most),
    )
    .meta({ type: "integer" });

const maxStored = 2_147_483_647;

export const integer = wholeNumber(1, maxStored);

/** A place in an order, which may begin anywhere. */
export const place = wholeNumber(-maxStored, maxStored);

/** An amount. A form sends it as text. Nothing else counts as a number, least of all an empty text as 0. */
export const number = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\d+(\.\d+)?$/, "This must be a number.")
        .transform(Number),
    ],
    { error: ({ input }) => (input === undefined ? undefined : "This must be a number.") },
  )
  .meta({ type: "number" });

/** A name or title, which stands in lists and mail: further lines, and marks that turn what follows around, would look like words of others. */
export const oneLine = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .regex(
      /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u,
      "This must be one line of text, without marks that change its direction.",
    );

/** A list. A form repeats the field; a single value becomes a list of one, and a missing field an empty list. */
export const list = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]),
    z.array(item),
  );

/** A boolean. Forms may also send on and off, 1 and 0, or yes and no. */
export const boolean = z.union([z.boolean(), z.stringbool()], {
  error: ({ input }) => (input === undefined ? undefined : "This must be true or false."),
});

/** A value or null. In a form an empty text means null. */
export const nothing = <Value extends z.ZodType>(value: Value) =>
  z.preprocess((given) => (given === "" ? null : given), value.nullable());

/** A JSON value. A form sends it as a text. */
export const json = <Value extends z.ZodType>(value: Value) =>
  z.preprocess((given) => {
    if (typeof given !== "string") return given;
    try {
      return JSON.parse(given) as unknown;
    } catch {
      return given;
    }
  }, value);

export const uuid = z.guid();

export const idParams = z.object({ id: integer });
export const keyParams = z.object({ key: uuid });

/** An id, or a key for objects that have one. */
export const idOrKey = z.union([integer, uuid]);
export const idOrKeyParams = z.object({ id: idOrKey });

/** An image in a request: `{"file_name", "data"}` with base64 data, as JSON or as a text that contains the JSON. */
export const namedImage = json(
  z.object({ file_name: z.string().min(1).max(255), data: z.string().min(1) }).nullable(),
).optional();

/** The body of a bulk request: a list of ids. */
export const ids = z.array(integer).min(1).max(1000);

/** Ids in a query, with commas between them. */
export const idsInQuery = z
  .string()
  .transform((text): unknown[] => text.split(","))
  .pipe(ids);

/** Several values in a query, with commas between them or in a repeated parameter. None if the parameter is missing. */
export const severalInQuery = <Value extends z.ZodType>(value: Value) =>
  z
    .string()
    .optional()
    .transform((text): unknown[] => text?.split(",") ?? [])
    .pipe(z.array(value));

/** The body of a bulk request about objects that have keys: a list of ids or keys. */
export const manyIds = z.array(idOrKey).min(1).max(1000);

/** The secret key of a competition. Malformed keys are ignored, because some clients send `undefined` and the like. */
export const secretKey = uuid.optional().catch(undefined);

/** A time with its time zone, such as `2035-01-31T13:30:00Z`. */
export const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** A day, such as `2035-01-31`: its beginning in UTC. */
export const day = z.iso.date().transform((text) => new Date(`${text}T00:00:00Z`));
