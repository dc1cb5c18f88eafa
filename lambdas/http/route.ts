import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type * as z from "zod";
import type { Actor, UserActor, WorkerActor } from "../policy/policy.ts";
import type { Scope } from "../policy/scopes.ts";
import type { Context } from "../kernel/context.ts";

/** Who may call a route at all. The policy decides what exactly they may do. */
export type Access = "anyone" | "user" | "worker";
type ActorFor<A extends Access> = A extends "user"
  ? UserActor
  : A extends "worker"
    ? WorkerActor
    : Exclude<Actor, WorkerActor>;

/** How the sender of a request is logged in. */
export interface CurrentLogin {
  /** Id of the token or session. */
  id: string;
  kind: "token" | "session";
  /** What the token is limited to; null if it is not limited. */
  scopes: readonly Scope[] | null;
  expiresAt: Date;
}

type Shape = z.ZodType;
type Out<S extends Shape | undefined> = S extends Shape ? z.output<S> : undefined;

export interface Answer {
  status: number;
  /** Sent as JSON, unless `headers` contains a content type; then it must be a text or bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Set-Cookie headers. */
  cookies?: string[];
  /** Sentences about what the request probably did not mean. They are sent as the header Warning. */
  warnings?: string[];
}

export interface Request<
  A extends Access,
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends Shape | undefined,
> {
  actor: ActorFor<A>;
  params: Out<P>;
  query: Out<Q>;
  body: Out<B>;
  context: Context;
  /** The reason the actor gives for a change. */
  reason: string | null;
  /** How the actor is logged in; null for anonymous people and workers. */
  login: CurrentLogin | null;
  /** Why the sender counts as nobody, in a sentence, if they are banned and the route is for them as well. */
  ban: string | null;
  /** The request as it came, for the few routes that look at cookies or addresses. */
  event: APIGatewayProxyEventV2;
}

export interface Route<
  A extends Access = Access,
  P extends Shape | undefined = Shape | undefined,
  Q extends Shape | undefined = Shape | undefined,
  B extends Shape | undefined = Shape | undefined,
> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Ends with a slash; the route is also served without it. `{name}` is a parameter. */
  path: string;
  summary: string;
  access: A;
  params?: P;
  query?: Q;
  body?: B;
  /** Set when a GET changes something, as some of Codabench's do. A browser must then send it from one of our own pages. */
  changes?: true;
  /** Set when the route also works in maintenance mode, because it decides itself who may do what: it logs people in or out. */
  inMaintenance?: true;
  /** Set when somebody who is banned may send it as well, and counts as nobody: it logs them out, or somebody else in. */
  forBanned?: true;
  /** Set when the change is recorded in the audit trail, with the reason that the request gives. */
  audited?: true;
  /** Set when the form may contain files, which the body then holds as `File`s. */
  takesFiles?: true;
  /** Fields that clients of Codabench send and that change nothing, so that no warning names them. */
  ignores?: readonly string[];
  /** How many values the body may have as JSON, if it is not the usual number. */
  maxValues?: number;
  /** Set when no path of the route ends in a format such as `.zip`: what looks like one belongs to a name. */
  hasNoFormats?: true;
  /** Set when the last parameter may contain slashes. */
  endIsOpen?: true;
  /** Set when the request is passed on to something else as it came, so that nothing of it is parsed or ignored. */
  passesOn?: true;
  /** A second name for `detail` in error answers, because Codabench's clients read it there. */
  reasonUnder?: "error" | "error_msg";
  /** The answer to a successful request, for the OpenAPI document. */
  answer: {
    status: number;
    description: string;
    schema?: Shape;
    /** Its media type, if it has a body that is not sent as JSON. */
    type?: string;
    /** Other statuses that it may have, each with what it means, and the media type of its body if it has one. */
    also?: Readonly<Record<number, { description: string; type?: string }>>;
  };
  handle(request: Request<A, P, Q, B>): Promise<Answer>;
}

/** Defines a route. Requests are validated against its schemas before `handle` is called. */
export function route<
  A extends Access,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends Shape | undefined = undefined,
>(definition: Route<A, P, Q, B>): Route {
  return definition as unknown as Route;
}
