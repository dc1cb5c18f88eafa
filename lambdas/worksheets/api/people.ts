/** People, as `cl` shows and changes them. */
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { isRoot } from "../service/access.ts";
import { announceUpload } from "../service/change-bundles.ts";
import {
  changeOwn,
  changePerson,
  findNamedPeople,
  findPerson,
  peopleById,
  withUsage,
  type PersonRow,
  type PersonWithUsage,
} from "../service/people.ts";
import { findPeopleBy } from "../service/searches.ts";
import { resources, type Resource } from "./json-api.ts";
import { bySpec, rest } from "./rest.ts";

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A date as C's `%c` writes it, in UTC. */
function cDate(date: Date | null): string | null {
  if (!date) return null;
  const day = String(date.getUTCDate()).padStart(2, " ");
  const time = date.toISOString().slice(11, 19);
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()}`;
}

/** What everybody may know of somebody. */
export const publicPerson = (person: PersonRow): Resource => ({
  type: "users",
  id: String(person.id),
  attributes: {
    user_name: person.username,
    first_name: person.first_name,
    last_name: person.last_name,
    affiliation: person.affiliation,
    url: person.url,
    date_joined: cDate(person.created_when),
    avatar_id: null,
    has_access: person.has_access,
  },
});

/** What people know of themselves. */
function ownPerson(person: PersonWithUsage): Resource {
  const { type, id, attributes } = publicPerson(person);
  const { email, notifications, time_quota, parallel_run_quota, time_used, disk_quota, disk_used } = person;
  const own = { email, notifications, time_quota, parallel_run_quota, time_used, disk_quota, disk_used };
  return { type, id, attributes: { ...attributes, ...own, last_login: cDate(person.last_seen) } };
}

const rootsView = (person: PersonWithUsage): Resource => {
  const own = ownPerson(person);
  return { ...own, attributes: { ...own.attributes, is_verified: person.email_is_confirmed } };
};

/** People, with as much as somebody may know of them. */
export const shownPeople = async (context: Context, people: PersonRow[], everything: boolean): Promise<Resource[]> =>
  everything
    ? Promise.all(people.map(async (person) => rootsView(await withUsage(context, person))))
    : people.map(publicPerson);

/** The owners of things, without those that nobody may know. */
export const owners = async (context: Context, ids: (number | null)[]): Promise<Resource[]> =>
  (
    await peopleById(
      context,
      ids.filter((id) => id !== null),
    )
  ).map(publicPerson);

const line = z.string().max(250).nullish();
const own = {
  first_name: line,
  last_name: line,
  affiliation: line,
  url: z.union([z.literal(""), z.url({ protocol: /^https?$/ }).max(400)]).nullish(),
  notifications: z.int().min(0).max(2).optional(),
};
const amount = z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional();
const roots = {
  ...own,
  time_quota: amount,
  disk_quota: amount,
  parallel_run_quota: z.int().min(0).max(1e6).optional(),
  has_access: z.boolean().optional(),
};

const readOnly = [
  "email",
  "has_access",
  "time_quota",
  "parallel_run_quota",
  "time_used",
  "disk_quota",
  "disk_used",
  "date_joined",
  "last_login",
];

const ownRecord = async (context: Context, actor: UserActor): Promise<Resource> => {
  const person = ownPerson(await withUsage(context, await findPerson(context, String(actor.id))));
  const { protectedMode: protected_mode } = context.environment.WORKSHEETS;
  return { ...person, attributes: { ...person.attributes, is_root_user: isRoot(actor), protected_mode } };
};

export const peopleRoutes = [
  rest({
    method: "GET",
    path: "/rest/user/",
    summary: "Your own record, with your quotas",
    access: "user",
    isOpen: true,
    answers: "The record",
    async handle({ context, actor }) {
      return { data: await ownRecord(context, actor) };
    },
  }),
  rest({
    method: "PATCH",
    path: "/rest/user/",
    summary: "Change your own record",
    access: "user",
    isOpen: true,
    audited: true,
    body: resources({ ...own, user_name: z.string().optional() }),
    answers: "The record",
    async handle({ context, actor, reason, body }) {
      const { user_name, ...attributes } = body.data[0]?.attributes ?? {};
      const refused = readOnly.filter((name) => name in attributes);
      if (refused.length > 0)
        throw new Refusal("forbidden", "READ_ONLY", `These fields are read-only: ${readOnly.join(", ")}`);
      if (user_name !== undefined && user_name !== actor.username)
        throw new Refusal("forbidden", "READ_ONLY", "User names cannot be changed.");
      const { first_name, last_name, affiliation, url, notifications } = attributes;
      const changed = await changeOwn(
        context,
        { actor, reason },
        given({ first_name, last_name, affiliation, url, notifications }),
      );
      return { data: ownPerson(changed) };
    },
  }),
  rest({
    method: "PATCH",
    path: "/rest/user/increment_disk_used/",
    summary: "Announce how much more an upload is about to send",
    access: "user",
    isOpen: true,
    body: resources({ disk_used_increment: z.int(), bundle_uuid: z.string() }),
    answers: "Your own record",
    async handle({ context, actor, body }) {
      for (const { attributes } of body.data) {
        if (attributes.disk_used_increment <= 0)
          throw new Refusal("invalid", "INVALID", "Only positive disk increments are allowed.");
        await announceUpload(context, { actor, reason: null }, attributes.bundle_uuid, attributes.disk_used_increment);
      }
      return { data: [await ownRecord(context, actor)] };
    },
  }),
  rest({
    method: "GET",
    path: "/rest/users/",
    summary: "People by usernames, mail addresses or keywords",
    access: "user",
    isOpen: true,
    query: {
      "filter[user_name]": "Usernames, with commas between them",
      "filter[email]": "Mail addresses, with commas between them. They find people for root only",
      keywords: "What to search for, if there are no names. May be repeated",
    },
    answers: "The records: for root with quotas; or the number that a search asks for",
    async handle({ context, actor, query }) {
      const names = ["filter[user_name]", "filter[email]"].flatMap((name) => (query.text(name) ?? "").split(","));
      const wanted = names.filter((name) => name !== "");
      if (wanted.length > 0) return { data: await filteredPeople(context, wanted, isRoot(actor)) };
      const found = await findPeopleBy(context, actor, query.list("keywords"));
      if ("number" in found) return { meta: { results: found.number } };
      return { data: await shownPeople(context, found, isRoot(actor)) };
    },
  }),
  rest({
    method: "GET",
    path: "/rest/users/{spec}/",
    summary: "Somebody by id or username",
    access: "anyone",
    isOpen: true,
    params: bySpec,
    answers: "The record: for root with quotas",
    async handle({ context, actor, params }) {
      const [shown] = await shownPeople(context, [await findPerson(context, params.spec)], isRoot(actor));
      return { data: shown! };
    },
  }),
  rest({
    method: "PATCH",
    path: "/rest/users/",
    summary: "Change quotas, names and access of somebody (root)",
    access: "user",
    isOpen: true,
    audited: true,
    body: resources(roots),
    answers: "The record",
    async handle({ context, actor, reason, body }) {
      const [wanted, ...others] = body.data;
      if (!wanted?.id || others.length > 0)
        throw new Refusal("invalid", "INVALID", "Users can only be updated one at a time.");
      const { first_name, last_name, affiliation, url, notifications, ...limits } = wanted.attributes;
      const { time_quota, disk_quota, parallel_run_quota, has_access } = limits;
      const changes = {
        first_name,
        last_name,
        affiliation,
        url,
        notifications,
        time_quota,
        disk_quota,
        parallel_run_quota,
        has_access,
      };
      return { data: [rootsView(await changePerson(context, { actor, reason }, wanted.id, given(changes)))] };
    },
  }),
];

/** The values that were given. */
const given = <Values extends object>(values: Values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: Exclude<Values[Name], undefined>;
  };

/** People by the parameters `filter[user_name]` and `filter[email]`. */
const filteredPeople = async (context: Context, names: string[], root: boolean): Promise<Resource[]> =>
  shownPeople(context, await findNamedPeople(context, names, root), root);
