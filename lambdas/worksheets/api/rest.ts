/** Routes of worksheets: what all of them do alike. */
import * as z from "zod";
import { route, type Access, type Request, type Route } from "../../http/route.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { LanguageProblem } from "../rules/problem.ts";
import { requireAccess } from "../service/access.ts";
import type { Document } from "./json-api.ts";

/** The version of CodaLab Worksheets whose protocol this is. `cl` compares it with its own. */
const version = "1.7.5";

/** An answer that says nothing but that it was done. */
export const done = { status: 200 } as const;
export const noContent = { status: 204 } as const;

/** An answer with a body of its own, which is no document. */
export interface Plain {
  status: number;
  body: unknown;
}

/** A redirect to the store. */
export interface Redirect {
  status: number;
  headers: Record<string, string>;
}

/** An object that is no document. As every answer, it says the version. */
export const plain = (body: object): Plain => ({ status: 200, body: { ...body, meta: { version } } });

type Shape = z.ZodType;

/** The parameters of a query. Unlike elsewhere, one may be given several times, and an empty one counts. */
export interface Query {
  list(name: string): string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
  number(name: string): number | undefined;
}

type RestRequest<A extends Access, P extends Shape | undefined, B extends Shape | undefined> = Omit<
  Request<A, P, undefined, B>,
  "query"
> & { query: Query };

interface RestRoute<A extends Access, P extends Shape | undefined, B extends Shape | undefined> {
  method: Route["method"];
  path: string;
  summary: string;
  access: A;
  params?: P;
  /** The parameters of the query, each with what it is for. */
  query?: Record<string, string>;
  body?: B;
  /** Set when it also answers people without access in protected mode. */
  isOpen?: true;
  audited?: true;
  inMaintenance?: true;
  maxValues?: number;
  /** Set when the last parameter may contain slashes. */
  endIsOpen?: true;
  passesOn?: true;
  /** What is answered. */
  answers: string;
  /** The status of an answer without a body. Others are documents in JSON. */
  empty?: 200 | 204;
  /** The schema of an answer in JSON that is no document. */
  schema?: Shape;
  /** The media type of an answer that is not in JSON. */
  type?: string;
  also?: Route["answer"]["also"];
  handle(request: RestRequest<A, P, B>): Promise<Document | Plain | Redirect | typeof done | typeof noContent>;
}

const documentSchema = z.looseObject({}).meta({
  id: "Document",
  description: "A document in the form of JSON:API. docs/worksheets.md says where it is described.",
});

/** Defines a route of worksheets. */
export function rest<
  A extends Access,
  P extends Shape | undefined = undefined,
  B extends Shape | undefined = undefined,
>({
  query = {},
  isOpen,
  answers,
  empty,
  schema = documentSchema,
  type,
  also,
  handle,
  ...definition
}: RestRoute<A, P, B>): Route {
  return route<A, P, z.ZodObject, B>({
    ...definition,
    hasNoFormats: true,
    query: z.object(
      Object.fromEntries(
        Object.entries(query).map(([name, description]) => [name, z.string().optional().meta({ description })]),
      ),
    ),
    answer: {
      status: empty ?? 200,
      description: answers,
      ...(type === undefined ? {} : { type }),
      ...(empty === undefined && type === undefined ? { schema } : {}),
      ...(also && { also }),
    },
    async handle(request) {
      if (!isOpen) await requireAccess(request.context, request.actor);
      const reply = await understood(() => handle({ ...request, query: readQuery(request.event.rawQueryString) }));
      if ("status" in reply) return { ...reply };
      return { status: 200, body: { ...reply, meta: { ...reply.meta, version } } };
    },
  });
}

/** What cannot be understood was refused. */
async function understood<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LanguageProblem) throw new Refusal("invalid", "NOT_UNDERSTOOD", error.message);
    throw error;
  }
}

function readQuery(raw: string): Query {
  const parameters = new URLSearchParams(raw);
  const number = (name: string) => {
    const text = parameters.get(name);
    if (text === null || text === "") return undefined;
    if (!/^-?\d{1,15}$/.test(text))
      throw new Refusal("invalid", "INVALID", `${name} must be a whole number, not ${text}`);
    return Number(text);
  };
  return {
    list: (name) => parameters.getAll(name),
    text: (name) => parameters.get(name) ?? undefined,
    number,
    flag: (name) => (number(name) ?? 0) !== 0,
  };
}

/** The related resources that a request wants, of those that there are. */
export function included<Name extends string>(query: Query, ...supported: Name[]): ReadonlySet<Name> {
  const wanted = (query.text("include") ?? "").split(",").filter((name) => name !== "");
  const unknown = wanted.filter((name) => !(supported as string[]).includes(name));
  if (unknown.length > 0) throw new Refusal("invalid", "INVALID", `?include=${unknown.join(",")} not supported`);
  return new Set(wanted as Name[]);
}

export const byUuid = z.object({ uuid: z.string().regex(/^0x[0-9a-f]{32}$/) });
export const bySpec = z.object({
  spec: z
    .string()
    .min(1)
    .max(300)
    .refine((spec) => !spec.includes("\0")),
});
