/** JSON:API documents: how they are written and read. */
import * as z from "zod";

export interface Link {
  type: string;
  id: string;
}

export interface Resource {
  type: string;
  id: string | null;
  attributes: Record<string, unknown>;
  relationships?: Record<string, { data: Link | Link[] | null }>;
}

export interface Document {
  data?: Resource | Resource[];
  included?: Resource[];
  meta?: Record<string, unknown>;
}

export const link = (type: string, id: string | number): Link => ({ type, id: String(id) });

/** A relationship to one thing, or to none. */
export const one = (type: string, id: string | number | null): { data: Link | null } => ({
  data: id === null ? null : link(type, id),
});

/** A relationship to several things. */
export const many = (type: string, ids: (string | number)[]): { data: Link[] } => ({
  data: ids.map((id) => link(type, id)),
});

/** A document in which each related resource is named once. */
export const withIncluded = (data: Resource | Resource[], included: Resource[]): Document => ({
  data,
  included: [...new Map(included.map((resource) => [`${resource.type} ${resource.id}`, resource])).values()],
});

/** Dates as the reference writes them: with the offset. */
export const isoDate = (date: Date | null): string | null =>
  date && date.toISOString().replace(/(?:\.000)?Z$/, "+00:00");

/** At most so many things can be made or changed by one request. */
const maxResources = 20_000;

const listed = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(item).max(maxResources));

const linkSchema = z.looseObject({ id: z.string() });

/** A relationship to one thing, or to none. */
export const relatedTo = z.looseObject({ data: linkSchema.nullish() });

/** A document with resources, of which the attributes and the relationships are read. Others are ignored. */
export const resources = <Attributes extends z.ZodRawShape, Related extends string = never>(
  attributes: Attributes,
  ...related: Related[]
) =>
  z.looseObject({
    data: listed(
      z.looseObject({
        id: z.union([z.string(), z.number()]).transform(String).nullish(),
        attributes: z.looseObject(attributes).prefault({} as never),
        relationships: z
          .looseObject(
            Object.fromEntries(related.map((name) => [name, relatedTo.optional()])) as Record<
              Related,
              z.ZodOptional<typeof relatedTo>
            >,
          )
          .prefault({} as never),
      }),
    ),
  });

/** A document that names resources of a type. */
export const identifiers = (type: string) =>
  z.looseObject({ data: listed(z.looseObject({ type: z.literal(type), id: z.string() })) });

/** The ids in a document that names resources. */
export const idsOf = ({ data }: { data: { id: string }[] }): string[] => data.map(({ id }) => id);
