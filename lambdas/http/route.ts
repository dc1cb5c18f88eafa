import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type * as z from "zod";
import type { Actor, UserActor, WorkerActor } from "../policy/policy.ts";
import type { Context } from "../kernel/context.ts";

/** Who a route is for at all. What exactly they may do is asked of the policy. */
export type Access = "anyone" | "user" | "worker";
type ActorFor<A extends Access> = A extends "user"
  ? UserActor
  : A extends "worker"
    ? WorkerActor
    : Exclude<Actor, WorkerActor>;

type Shape = z.ZodType;
type Out<S extends Shape | undefined> = S extends Shape ? z.output<S> : undefined;

export interface Answer {
  status: number;
  /** Sent as JSON, unless it is a text or bytes with a content type of its own in `headers`. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Set-Cookie headers. */
  cookies?: string[];
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
  /** Why the actor says they change something. */
  reason: string | null;
  /** The request as it came, for the few routes that look at cookies. */
  event: APIGatewayProxyEventV2;
}

export interface Route<
  A extends Access = Access,
  P extends Shape | undefined = Shape | undefined,
  Q extends Shape | undefined = Shape | undefined,
  B extends Shape | undefined = Shape | undefined,
> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With a slash at the end; it is served without one as well. `{name}` is a parameter. */
  path: string;
  summary: string;
  access: A;
  params?: P;
  query?: Q;
  body?: B;
  /** That a GET changes something, as some of Codabench's do: then a browser must have sent it from a page of ours. */
  changes?: true;
  /** That what it changes is on the audit trail, with the reason that the request gives. */
  audited?: true;
  /** That its form may hold files, as `File`s. */
  takesFiles?: true;
  /** Under what other name Codabench's refusals say why here, for clients that read it there. */
  reasonUnder?: "error" | "error_msg";
  /** What it answers when all is well, for the API's description. */
  answer: { status: number; description: string; schema?: Shape };
  handle(request: Request<A, P, Q, B>): Promise<Answer>;
}

/** A route whose request is checked against its schemas before `handle` sees it. */
export function route<
  A extends Access,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends Shape | undefined = undefined,
>(definition: Route<A, P, Q, B>): Route {
  return definition as unknown as Route;
}
