/** How many rows a page of a list has. */
export const pageSize = 50;

/** What of a query is given. The API's types know no `undefined`. */
export const only = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };
