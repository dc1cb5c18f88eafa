import * as z from "zod";
import { Refusal } from "../kernel/refusal.ts";
import type { Context } from "../kernel/context.ts";
import type { Order, Part } from "../kernel/db/page.ts";
import { integer } from "./fields.ts";

const maxPageSize = 1000;
const pageSize = integer.transform((size) => Math.min(size, maxPageSize));

/** `page` and `page_size`, as Codabench's clients send them. A page size over the maximum is reduced to it. */
export const pageQuery = (defaultSize: number) =>
  z.object({
    page: integer.default(1),
    page_size: pageSize.default(defaultSize),
  });

/**
 * `page` and `page_size` of a list that is plain without both of them, because Codabench's clients expect a plain list. `pageWanted`
 * says which page a request wants.
 */
export const optionalPageQuery = z.object({ page: integer.optional(), page_size: pageSize.optional() });

/** The page that a request wants; undefined if it wants the plain list. */
export const pageWanted = (query: { page?: number | undefined; page_size?: number | undefined }) =>
  query.page === undefined && query.page_size === undefined
    ? undefined
    : { page: query.page ?? 1, page_size: query.page_size ?? 50 };

/** `ordering`: one of these fields, with `-` before it if the greatest comes first, as Django writes it. */
export const ordering = <Field extends string>(...fields: [Field, ...Field[]]) =>
  z.enum([...fields, ...fields.map((field) => `-${field}` as const)]).optional();

/** What a parameter `ordering` says. */
export const orderOf = <Field extends string>(
  given: Field | `-${Field}` | undefined,
  otherwise: Order<NoInfer<Field>>,
): Order<Field> =>
  given === undefined
    ? otherwise
    : given.startsWith("-")
      ? { field: given.slice(1) as Field, descending: true }
      : { field: given as Field, descending: false };

/** The offset and limit of a page. */
export const offset = (query: { page: number; page_size: number }): Part => ({
  offset: (query.page - 1) * query.page_size,
  limit: query.page_size,
});

/** The schema of a page of a list: count, next, previous, results. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({
    count: z.int(),
    next: z.string().nullable(),
    previous: z.string().nullable(),
    results: z.array(item),
  });

/** Builds a page. `next` and `previous` keep the other query parameters. A page after the last one is refused. */
page.of = (
  { environment }: Context,
  path: string,
  query: { page: number; page_size: number } & Record<string, unknown>,
  count: number,
  results: unknown[],
) => {
  if (query.page > 1 && offset(query).offset >= count) throw new Refusal("not-found", "NO_SUCH_PAGE", "Invalid page.");
  const link = (number: number) => {
    const parameters: [string, string][] = Object.entries<unknown>({ ...query, page: number }).flatMap(
      ([name, value]) =>
        value === undefined || (Array.isArray(value) && value.length === 0)
          ? []
          : [[name, String(value as string | number | boolean)] as [string, string]],
    );
    return `${environment.PUBLIC_URL}${path}?${new URLSearchParams(parameters).toString()}`;
  };
  return {
    count,
    next: query.page * query.page_size < count ? link(query.page + 1) : null,
    previous: query.page > 1 ? link(query.page - 1) : null,
    results,
  };
};

/** A page that also contains its page size, as Codabench's public lists do. */
export const sizedPage = <Item extends z.ZodType>(item: Item) => page(item).extend({ page_size: z.int() });

sizedPage.of = (...[context, path, query, count, results]: Parameters<typeof page.of>) => ({
  ...page.of(context, path, query, count, results),
  page_size: query.page_size,
});
