/** Organizations as Codabench's API has them: who is in them, who is invited, and who may change that. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { logo } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { idOf, join, makeOrganization, type Shown } from "./organization-lab.ts";
import { expect, openLab, type Lab } from "../support/lab.ts";

const token = "6d831f68-e99c-4398-bc93-7e03a5b02f61";

describe("organizations (A-92)", () => {
  let lab: Lab;
  let owner: Person, manager: Person, participant: Person, member: Person, invited: Person, stranger: Person;
  let organization: Shown;
  let path: string;
  beforeAll(async () => {
    lab = await openLab();
    [owner, manager, participant, member, invited, stranger] = (await Promise.all(
      Array.from({ length: 6 }, () => lab.newPerson()),
    )) as [Person, Person, Person, Person, Person, Person];
    organization = await makeOrganization(owner, "Institute");
    path = `/api/organizations/${organization.id}/`;
    await join(organization, owner, manager, "MANAGER");
    await join(organization, owner, participant, "PARTICIPANT");
    await join(organization, owner, member);
    await expect(200, owner, "POST", `${path}invite_users/`, { json: { users: [await idOf(lab, invited)] } });
  });
  afterAll(() => lab.close());

  const detail = (who: Person, at = path) => expect<Shown>(200, who, "GET", at);
  const membershipOf = async ({ username }: Person) =>
    (await detail(owner)).members!.find(({ user }) => user.slug === username)!.id;
  const invitationOf = async (who: Person, id = organization.id) =>
    (await expect<{ id: number; token: string | null }[]>(200, who, "GET", "/api/organizations/")).find(
      (one) => one.id === id,
    )?.token;
  const lastMail = () =>
    lab.inside.db.selectFrom("mails").selectAll().orderBy("id", "desc").limit(1).executeTakeFirstOrThrow();

  it("are made by anybody with an account, who owns them", async () => {
    const json = {
      name: "  Observatory ",
      email: "Stars@Example.org",
      website_url: "https://example.org/",
      location: "A hill",
      description: "",
    };
    const made = await expect<Shown>(201, stranger, "POST", "/api/organizations/", { json });
    assert.deepEqual(made, {
      id: made.id,
      name: "Observatory",
      photo: null,
      photo_icon: null,
      email: "stars@example.org",
      location: "A hill",
      description: "",
      website_url: "https://example.org/",
      linkedin_url: null,
      twitter_url: null,
      github_url: null,
      url: `/profiles/organization/${made.id}/`,
    });
    const { group, members } = await detail(stranger, `/api/organizations/${made.id}/`);
    assert.deepEqual([group, members!.map(({ group }) => group)], ["OWNER", ["OWNER"]]);
    assertRefused(await lab.send("POST", "/api/organizations/", { content: { json } }), 403, "NOT_LOGGED_IN");
  });

  it("have names and mail addresses of their own, whatever the case, also when they change", async () => {
    const { id, ...other } = await makeOrganization(stranger, "Laboratory");
    for (const [field, value] of [
      ["name", "LABORATORY"],
      ["email", other.email.toUpperCase()],
    ] as const) {
      const made = await stranger.send("POST", "/api/organizations/", {
        json: { name: "New", email: "new@example.org", [field]: value },
      });
      const changed = await owner.send("PATCH", path, { json: { [field]: value } });
      for (const answer of [made, changed]) {
        assertRefused(answer, 400, "TAKEN");
        assert.match(String(answer.body[field]), new RegExp(field));
      }
    }
    await expect(200, stranger, "PATCH", `/api/organizations/${id}/`, { json: { name: "LABORATORY" } });
  });

  it("take no names that are empty or too long, no addresses that are none, and no links but those of the web", async () => {
    const right = { name: "Right", email: "right@example.org" };
    for (const wrong of [
      { name: " " },
      { name: "x".repeat(101) },
      { email: "nobody" },
      { github_url: "javascript:alert(1)" },
      { location: "x".repeat(251) },
    ])
      assertRefused(
        await stranger.send("POST", "/api/organizations/", { json: { ...right, ...wrong } }),
        400,
        "INVALID",
      );
  });

  it("are changed by their owner, managers and superusers; PUT leaves what it does not name, too", async () => {
    for (const [who, location] of [
      [owner, "one"],
      [manager, "two"],
      [lab.admin, "three"],
    ] as const)
      assert.equal((await expect<Shown>(200, who, "PUT", path, { json: { location } })).location, location);
    assert.equal((await detail(owner)).name, "Institute");
    for (const who of [participant, member, invited, stranger])
      assertRefused(await who.send("PATCH", path, { json: { location: "x" } }), 403, "NOT_ALLOWED");
    assertRefused(
      await owner.send("PATCH", "/api/organizations/2147483647/", { json: {} }),
      404,
      "NO_SUCH_ORGANIZATION",
    );
  });

  it("have a photo, which goes when another comes, and with them", async () => {
    const photo = { file_name: "us.png", data: `data:image/png;base64,${logo.toString("base64")}` };
    const photos = async () => (await lab.contents()).objects.filter((key) => key.startsWith("uploads/photo/")).length;
    const { id } = await expect<Shown>(201, stranger, "POST", "/api/organizations/", {
      json: { name: "Gallery", email: "g@example.org", photo },
    });
    const at = `/api/organizations/${id}/`;
    const changed = await expect<Shown>(200, stranger, "PUT", at, { json: { photo } });
    assert.equal(await photos(), 2);
    assert.equal((await fetch(changed.photo!)).status, 200);
    // A client sends back what it has read.
    await expect(200, stranger, "PUT", at, { json: changed });
    assert.equal(await photos(), 2);
    await expect(200, stranger, "DELETE", `${at}delete_organization/`);
    assert.equal(await photos(), 0);
  });

  it("are seen by everybody with an account; who is in them by those who are, mail addresses by those who manage them (A-93)", async () => {
    const groups = (await detail(owner)).members!.map(({ group }) => group);
    assert.deepEqual(groups, ["OWNER", "MANAGER", "PARTICIPANT", "MEMBER", "INVITED"]);
    for (const [who, sees, mails] of [
      [owner, true, true],
      [manager, true, true],
      [lab.admin, true, true],
      [participant, true, false],
      [member, true, false],
      [invited, false, false],
      [stranger, false, false],
    ] as const) {
      const { members } = await detail(who);
      assert.deepEqual(
        [members !== undefined, members?.some(({ user }) => user.email !== undefined) ?? false],
        [sees, mails],
      );
    }
    assertRefused(await lab.send("GET", path), 403, "NOT_LOGGED_IN");
  });

  it("list those one is in for submitting, without invitations, and with these elsewhere", async () => {
    const short = { id: organization.id, name: "Institute", url: `/profiles/organization/${organization.id}/` };
    const mine = (who: Person) => expect<object[]>(200, who, "GET", "/api/users/participant_organizations/");
    assert.deepEqual([await mine(member), await mine(invited)], [[short], []]);
    const [all] = await expect<{ group: string; token: string | null }[]>(200, invited, "GET", "/api/organizations/");
    assert.deepEqual([all!.group, typeof all!.token], ["INVITED", "string"]);
    assert.equal(await invitationOf(member), null);
  });

  describe("invitations", () => {
    it("go by mail with a token, once, to people named by id, username or mail address (A-94)", async () => {
      const [one, two, three] = (await Promise.all(Array.from({ length: 3 }, () => lab.newPerson()))) as [
        Person,
        Person,
        Person,
      ];
      const users = [await idOf(lab, one), ` ${two.username}\t`, `${three.username}@EXAMPLE.org `];
      const count = async () => (await lab.inside.db.selectFrom("mails").select("id").execute()).length;
      const before = await count();
      await expect(200, manager, "POST", `${path}invite_users/`, { json: { users } });
      assert.equal(await count(), before + 3);
      const { recipients, subject } = await lastMail();
      assert.deepEqual(
        [recipients, subject],
        [[`${three.username}@example.org`], "You have been invited to join Institute"],
      );
      await expect(200, manager, "POST", `${path}invite_users/`, { json: { users: [...users, member.username] } });
      assert.equal(await count(), before + 3);
      assert.equal((await detail(member)).group, "MEMBER");
      for (const who of [one, two, three])
        await expect(200, manager, "DELETE", `${path}delete_member/`, {
          json: { membership: await membershipOf(who) },
        });
    });

    it("go to nobody by mail who wants none, and are found all the same", async () => {
      const person = await lab.newPerson();
      await expect(200, person, "PATCH", `/api/users/${await idOf(lab, person)}/`, {
        json: { allow_organization_invite_emails: false },
      });
      const { id } = await lastMail();
      await expect(200, owner, "POST", `${path}invite_users/`, { json: { users: [person.username] } });
      assert.equal((await lastMail()).id, id);
      assert.equal(
        await expect(200, person, "DELETE", "/api/organizations/invite_response/", {
          json: { token: await invitationOf(person) },
        }),
        "Deleted Invite",
      );
      assert.equal(await invitationOf(person), undefined);
    });

    it("are made by owner and managers, of people there are, in a list", async () => {
      const users = [await idOf(lab, stranger)];
      for (const who of [participant, member, invited, stranger])
        assertRefused(await who.send("POST", `${path}invite_users/`, { json: { users } }), 403, "NOT_ALLOWED");
      assertRefused(
        await owner.send("POST", `${path}invite_users/`, { json: { users: [2147483647] } }),
        400,
        "NO_SUCH_USER",
      );
      assertRefused(
        await owner.send("POST", `${path}invite_users/`, { json: { users: ["nobody-there"] } }),
        400,
        "NO_SUCH_USER",
      );
      assertRefused(await owner.send("POST", `${path}invite_users/`, { json: { users: users[0] } }), 400, "INVALID");
    });

    it("are validated, accepted and declined by the person they are for", async () => {
      const token = await invitationOf(invited);
      const read = await expect<{ user: object; organization_name: string; date_joined: string }>(
        200,
        invited,
        "POST",
        "/api/organizations/validate_invite/",
        { json: { token } },
      );
      assert.equal(read.organization_name, "Institute");
      assert.match(read.date_joined, /^\d\d-\d\d-\d{4}$/);
      assert.deepEqual(read.user, {
        id: await idOf(lab, invited),
        name: invited.username,
        slug: invited.username,
        email: `${invited.username}@example.org`,
      });
      for (const [method, end] of [
        ["POST", "validate_invite"],
        ["POST", "invite_response"],
        ["DELETE", "invite_response"],
      ] as const)
        assertRefused(
          await member.send(method, `/api/organizations/${end}/`, { json: { token } }),
          403,
          "NOT_YOUR_INVITATION",
        );
      assertRefused(
        await invited.send("POST", "/api/organizations/invite_response/", { json: { token: "" } }),
        400,
        "INVALID",
      );
    });

    it("that nobody made are not there", async () => {
      for (const [method, end] of [
        ["POST", "validate_invite"],
        ["POST", "invite_response"],
        ["DELETE", "invite_response"],
      ] as const)
        assertRefused(
          await member.send(method, `/api/organizations/${end}/`, { json: { token } }),
          400,
          "NO_SUCH_INVITATION",
        );
    });

    it("make a member of whom accepts; accepting again changes nothing, whatever became of them since", async () => {
      const person = await lab.newPerson();
      await expect(200, owner, "POST", `${path}invite_users/`, { json: { users: [person.username] } });
      const json = { token: await invitationOf(person) };
      const redirect_url = `/profiles/organization/${organization.id}/`;
      assert.deepEqual(await expect(200, person, "POST", "/api/organizations/invite_response/", { json }), {
        invite_status: "accepted",
        redirect_url,
      });
      assert.equal((await detail(person)).group, "MEMBER");
      const membership = await membershipOf(person);
      await expect(200, owner, "POST", `${path}update_member_group/`, { json: { membership, group: "MANAGER" } });
      assert.deepEqual(await expect(200, person, "POST", "/api/organizations/invite_response/", { json }), {
        invite_status: "already accepted",
        redirect_url,
      });
      assert.deepEqual(await expect(301, person, "POST", "/api/organizations/validate_invite/", { json }), {
        redirect_url,
      });
      assert.equal((await detail(person)).group, "MANAGER");
      await expect(200, owner, "DELETE", `${path}delete_member/`, { json: { membership } });
    });
  });

  describe("groups", () => {
    const change = (who: Person, membership: number, group: string) =>
      who.send("POST", `${path}update_member_group/`, { json: { membership, group } });

    it("are changed by owner and managers", async () => {
      const membership = await membershipOf(member);
      for (const [who, group] of [
        [owner, "MANAGER"],
        [manager, "PARTICIPANT"],
        [manager, "MEMBER"],
      ] as const) {
        const { status, text } = await change(who, membership, group);
        assert.deepEqual(
          [status, text],
          [200, JSON.stringify([`Member ${member.username} permission changed to ${group}`])],
        );
        assert.equal((await detail(member)).group, group);
      }
      for (const who of [participant, member, invited, stranger])
        assertRefused(await change(who, membership, "MANAGER"), 403, "NOT_ALLOWED");
    });

    it("cannot be the owner's or an invited one's, nor be those, and the owner keeps theirs", async () => {
      assertRefused(await change(manager, await membershipOf(owner), "MEMBER"), 403, "OWNER_STAYS");
      assertRefused(await change(manager, await membershipOf(invited), "MEMBER"), 403, "NOT_JOINED");
      for (const group of ["OWNER", "INVITED", "KING"])
        assertRefused(await change(owner, await membershipOf(member), group), 400, "INVALID");
      const { id } = await makeOrganization(stranger, "Another");
      const foreign = (await detail(stranger, `/api/organizations/${id}/`)).members![0]!.id;
      assertRefused(await change(owner, foreign, "MEMBER"), 400, "NO_SUCH_MEMBER");
    });
  });

  describe("members", () => {
    const remove = (who: Person, membership: number) =>
      who.send("DELETE", `${path}delete_member/`, { json: { membership } });

    it("are taken out by owner and managers, or leave by themselves; the owner stays", async () => {
      const [one, two, three] = (await Promise.all(Array.from({ length: 3 }, () => lab.newPerson()))) as [
        Person,
        Person,
        Person,
      ];
      for (const person of [one, two, three]) await join(organization, owner, person);
      const membership = await membershipOf(one);
      for (const who of [participant, two, invited, stranger])
        assertRefused(await remove(who, membership), 403, "NOT_ALLOWED");
      assert.equal((await remove(manager, membership)).text, '"Member removed from Organization"');
      assert.equal((await detail(one)).group, null);
      assert.equal((await remove(two, await membershipOf(two))).status, 200);
      const token = (
        await lab.inside.db
          .selectFrom("memberships")
          .select("token")
          .where("id", "=", await membershipOf(three))
          .executeTakeFirstOrThrow()
      ).token;
      await expect(200, three, "DELETE", "/api/organizations/invite_response/", { json: { token } });
      assert.equal((await detail(three)).group, null);
      for (const who of [owner, manager, lab.admin])
        assertRefused(await remove(who, await membershipOf(owner)), 403, "OWNER_STAYS");
      const own = (
        await lab.inside.db
          .selectFrom("memberships")
          .select("token")
          .where("id", "=", await membershipOf(owner))
          .executeTakeFirstOrThrow()
      ).token;
      assertRefused(
        await owner.send("DELETE", "/api/organizations/invite_response/", { json: { token: own } }),
        403,
        "OWNER_STAYS",
      );
      assertRefused(await remove(owner, 2147483647), 400, "NO_SUCH_MEMBER");
    });
  });

  it("are deleted by their owner alone, with the places in them (A-95)", async () => {
    const { id, ...made } = await makeOrganization(owner, "Short-lived");
    await join({ id, ...made }, owner, manager, "MANAGER");
    const at = `/api/organizations/${id}/delete_organization/`;
    for (const who of [manager, stranger]) assertRefused(await who.send("DELETE", at), 403, "NOT_ALLOWED");
    assert.deepEqual(await expect(200, owner, "DELETE", at), { success: true, message: "Organization deleted!" });
    assertRefused(await owner.send("GET", `/api/organizations/${id}/`), 404, "NO_SUCH_ORGANIZATION");
    assert.equal(await invitationOf(manager, id), undefined);
  });
});
