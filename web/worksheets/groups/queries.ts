/** Groups of people who share worksheets and bundles, and what people do with them. */
import { queryOptions } from "@tanstack/react-query";
import { related, rest, type Document, type Resource } from "../api.ts";

export const roles = ["admins", "members"] as const;
export type Role = (typeof roles)[number];

export interface Member {
  id: string;
  username: string;
}

export interface Group {
  uuid: string;
  name: string;
  /** Null if the account is gone. */
  owner: Member | null;
  admins: Member[];
  members: Member[];
}

type GroupResource = Resource<{ name: string }>;

function groupOf(document: Pick<Document<unknown>, "included">, group: GroupResource): Group {
  const people = (relation: string): Member[] =>
    related<{ user_name: string }>(document, group, relation).map(({ id, attributes }) => ({
      id,
      username: attributes.user_name,
    }));
  return {
    uuid: group.id,
    name: group.attributes.name,
    owner: people("owner")[0] ?? null,
    admins: people("admins"),
    members: people("members"),
  };
}

/** The groups that the reader owns or is in. */
export const ownGroupsQuery = queryOptions({
  queryKey: ["worksheet groups", "with members"],
  queryFn: async ({ signal }) => {
    const document = await rest<Document<GroupResource[]>>("GET", "/groups/", { signal });
    return document.data.map((group) => groupOf(document, group));
  },
});

export const groupQuery = (uuid: string) =>
  queryOptions({
    queryKey: ["worksheet groups", "one", uuid],
    queryFn: async ({ signal }) => {
      const document = await rest<Document<GroupResource>>("GET", `/groups/${uuid}/`, { signal });
      return groupOf(document, document.data);
    },
  });

/** Makes a group, and returns its uuid. */
export async function createGroup(name: string): Promise<string> {
  const { data } = await rest<Document<GroupResource[]>>("POST", "/groups/", {
    json: { data: [{ type: "groups", attributes: { name } }] },
  });
  return data[0]!.id;
}

export const deleteGroup = (uuid: string): Promise<unknown> =>
  rest("DELETE", "/groups/", { json: { data: [{ type: "groups", id: uuid }] } });

const membership = (method: "POST" | "DELETE", group: string, role: Role, user: string) =>
  rest(method, `/groups/${group}/relationships/${role}/`, { json: { data: [{ type: "users", id: user }] } });

/** Puts somebody into a group in a role, also if they are in it in another. */
export const setRole = (group: string, user: string, role: Role): Promise<unknown> =>
  membership("POST", group, role, user);

export const removeMember = (group: string, user: string): Promise<unknown> =>
  membership("DELETE", group, "members", user);

/** Adds somebody by their username. */
export async function addMember(group: string, username: string, role: Role): Promise<void> {
  const { data } = await rest<Document<Resource<unknown>>>("GET", `/users/${encodeURIComponent(username)}/`);
  await setRole(group, data.id, role);
}
