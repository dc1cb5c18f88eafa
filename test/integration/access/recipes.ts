import { randomUUID } from "node:crypto";
import type { Content } from "../../support/http.ts";
import type { Actor } from "./policy-table.ts";
import type { PersonName, World } from "./world.ts";

/** A request that is right in everything, so that nothing but who sends it decides what is answered. */
export interface Ask {
  /** What stands in the place of the path's parameters. */
  at?: Record<string, string | number>;
  query?: Record<string, string>;
  content?: Content;
  headers?: Record<string, string>;
  /** What an answer must hold that counts as `yes`. One without it is `none`. */
  finds?: string | number;
  /** Whether it changes something, where that does not go by the route: a plain GET does not, anything else does. */
  changes?: boolean;
}

export type Recipe = (world: World, actor: Actor) => Ask;

export const json = (value: unknown): Content => ({ json: value });
export const newAccount = () => ({
  username: `n${randomUUID().slice(0, 8)}`,
  email: `${randomUUID()}@example.org`,
  password: "long enough",
});
export const csrf = "a".repeat(43);
/** Who it is; who is nobody tries what the participant has. */
export const personOf = (actor: Actor): PersonName =>
  actor === "anonymous" || actor === "worker" ? "participant" : actor;
/** The part of a browser's answer that says nothing. */
export const passkey = { id: "e30", rawId: "e30", type: "public-key" };
export const ownLogin: Recipe = ({ people }, actor) => {
  const { username, password } = people[personOf(actor)];
  return {
    content: { form: { username, password, csrfmiddlewaretoken: csrf } },
    headers: { cookie: `csrftoken=${csrf}` },
  };
};

/** A recipe whose request has a body besides. */
export const sending =
  (recipe: Recipe, body: unknown | ((world: World, actor: Actor) => unknown)): Recipe =>
  (world, actor) => ({
    ...recipe(world, actor),
    content: json(typeof body === "function" ? (body as (world: World, actor: Actor) => unknown)(world, actor) : body),
  });
export const finding =
  (recipe: Recipe, finds: (world: World) => string | number): Recipe =>
  (world, actor) => ({ ...recipe(world, actor), finds: finds(world) });
export const keeping =
  (recipe: Recipe): Recipe =>
  (world, actor) => ({ ...recipe(world, actor), changes: false });
/** A request that reads and leaves something all the same: a count of downloads, or an event on the audit trail. */
export const leaving =
  (recipe: Recipe): Recipe =>
  (world, actor) => ({ ...recipe(world, actor), changes: true });
export const nothing: Recipe = () => ({});
export const competition: Recipe = ({ competition: id }) => ({ at: { id } });
