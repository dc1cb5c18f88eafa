/** Groups of people. */
import * as z from "zod";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import {
  addMembers,
  createGroups,
  deleteGroups,
  ownGroups,
  readGroup,
  removeMembers,
  type GroupWithMembers,
} from "../service/groups.ts";
import { identifiers, idsOf, many, one, resources, withIncluded, type Resource } from "./json-api.ts";
import { owners } from "./people.ts";
import { bySpec, noContent, rest } from "./rest.ts";

const shownGroup = ({ uuid, name, owner_id, admins, members }: GroupWithMembers): Resource => ({
  type: "groups",
  id: uuid,
  attributes: { name, user_defined: owner_id !== null },
  relationships: {
    owner: one("users", owner_id),
    admins: many("users", admins),
    members: many("users", members),
  },
});

/** Everybody who is in some groups. Those who have left are missing, and `cl` says so. */
const everybodyIn = (context: Context, groups: GroupWithMembers[]): Promise<Resource[]> =>
  owners(
    context,
    groups.flatMap(({ owner_id, admins, members }) => [owner_id, ...admins, ...members]),
  );

const people = identifiers("users");

const peopleOf = (body: z.infer<typeof people>): number[] =>
  idsOf(body).map((id) => {
    if (!/^\d{1,9}$/.test(id)) throw new Refusal("not-found", "NO_SUCH_USER", `User ${id} not found`);
    return Number(id);
  });

/** Adding and removing people, as administrators of a group or not. */
const membership = (role: "admins" | "members") => [
  rest({
    method: "POST",
    path: `/rest/groups/{spec}/relationships/${role}/`,
    summary: role === "admins" ? "Add administrators to a group" : "Add members to a group",
    access: "user",
    audited: true,
    params: bySpec,
    body: people,
    answers: "What was sent",
    async handle({ context, actor, reason, params, body }) {
      await addMembers(context, { actor, reason }, params.spec, peopleOf(body), role === "admins");
      return { data: idsOf(body).map((id) => ({ type: "users", id, attributes: {} })) };
    },
  }),
  rest({
    method: "DELETE",
    path: `/rest/groups/{spec}/relationships/${role}/`,
    summary: "Remove people from a group, whatever they are in it",
    access: "user",
    audited: true,
    params: bySpec,
    body: people,
    answers: "Nothing",
    empty: 204,
    async handle({ context, actor, reason, params, body }) {
      await removeMembers(context, { actor, reason }, params.spec, peopleOf(body));
      return noContent;
    },
  }),
];

export const groupRoutes = [
  rest({
    method: "GET",
    path: "/rest/groups/",
    summary: "The groups that you own or are in, and all of them for root",
    access: "user",
    answers: "The groups",
    async handle({ context, actor }) {
      const groups = await ownGroups(context, actor);
      return withIncluded(groups.map(shownGroup), await everybodyIn(context, groups));
    },
  }),
  rest({
    method: "GET",
    path: "/rest/groups/{spec}/",
    summary: "A group by its name or uuid",
    access: "user",
    params: bySpec,
    answers: "The group",
    async handle({ context, params }) {
      const group = await readGroup(context, params.spec);
      return withIncluded(shownGroup(group), await everybodyIn(context, [group]));
    },
  }),
  rest({
    method: "POST",
    path: "/rest/groups/",
    summary: "Make groups",
    access: "user",
    audited: true,
    body: resources({ name: z.string().max(200) }),
    answers: "The groups",
    async handle({ context, actor, reason, body }) {
      const names = body.data.map(({ attributes }) => attributes.name);
      return { data: (await createGroups(context, { actor, reason }, names)).map(shownGroup) };
    },
  }),
  rest({
    method: "DELETE",
    path: "/rest/groups/",
    summary: "Delete groups",
    access: "user",
    audited: true,
    body: identifiers("groups"),
    answers: "Nothing",
    empty: 204,
    async handle({ context, actor, reason, body }) {
      await deleteGroups(context, { actor, reason }, idsOf(body));
      return noContent;
    },
  }),
  ...membership("admins"),
  ...membership("members"),
];
