import type { Person, TestPlatform } from "../../support/platform.ts";
import { expect } from "../support/lab.ts";

/** An organization as the API shows it, as far as tests read it. */
export interface Shown {
  id: number;
  name: string;
  email: string;
  location: string | null;
  photo: string | null;
  group?: string | null;
  members?: { id: number; group: string; user: { slug: string; email?: string } }[];
}

export const idOf = async ({ inside }: TestPlatform, { username }: Person) =>
  (await inside.db.selectFrom("users").select("id").where("username", "=", username).executeTakeFirstOrThrow()).id;

export const makeOrganization = (owner: Person, name: string) =>
  expect<Shown>(201, owner, "POST", "/api/organizations/", {
    json: { name, email: `${name.toLowerCase()}@example.org` },
  });

/** Has a person invited who accepts, and put into a group. */
export async function join({ id }: { id: number }, owner: Person, person: Person, group = "MEMBER"): Promise<void> {
  const path = `/api/organizations/${id}/`;
  await expect(200, owner, "POST", `${path}invite_users/`, { json: { users: [person.username] } });
  const mine = await expect<{ id: number; token: string; membership: number }[]>(
    200,
    person,
    "GET",
    "/api/organizations/",
  );
  const { token, membership } = mine.find((one) => one.id === id)!;
  await expect(200, person, "POST", "/api/organizations/invite_response/", { json: { token } });
  if (group !== "MEMBER")
    await expect(200, owner, "POST", `${path}update_member_group/`, { json: { membership, group } });
}
