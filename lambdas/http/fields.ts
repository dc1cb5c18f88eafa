import * as z from "zod";

/** Field types that read the same from JSON and from a form, where everything is text and an empty list is absent. */

export const integer = z.coerce.number().int().min(1).max(2_147_483_647).meta({ type: "integer" });

/** A list; in a form a repeated field, where one value is a list of one and none is an empty list. */
export const list = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]),
    z.array(item),
  );

/** true or false; in a form also on and off, 1 and 0, yes and no. */
export const boolean = z.union([z.boolean(), z.stringbool()]);

/** A value or null; in a form nothing is null. */
export const nothing = <Value extends z.ZodType>(value: Value) =>
  z.preprocess((given) => (given === "" ? null : given), value.nullable());

/** A JSON value; in a form a text that holds it. */
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

/** A row by its id, or by its key where it has one. */
export const idOrKey = z.union([integer, uuid]);
export const idOrKeyParams = z.object({ id: idOrKey });

/** A picture inside a request: `{"file_name", "data"}` with the data in base64, as JSON or as a text that holds it. */
export const namedImage = json(
  z.object({ file_name: z.string().min(1).max(255), data: z.string().min(1) }).nullable(),
).optional();

/** Ids, as the body of requests about many rows at once. */
export const ids = z.array(integer).min(1).max(1000);

/** The same for rows that have keys: each by its id or its key. */
export const manyIds = z.array(idOrKey).min(1).max(1000);

/** The secret key of a competition; a text that can be none counts for nothing, as clients send `undefined` and the like. */
export const secretKey = uuid.optional().catch(undefined);
