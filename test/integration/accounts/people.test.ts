import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import { logo } from "../../support/competitions.ts";
import { assertRefused, type Content } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, openLabWithPeople, type Lab } from "../support/lab.ts";

interface Participant {
  id: number;
  username: string;
  is_bot: boolean;
  email: string;
  status: string;
  is_deleted: boolean;
}

interface Shown {
  photo: string | null;
  photo_icon: string | null;
  competitions: { id: number }[];
  organized_competitions: { id: number }[];
  permissions: { edit: boolean };
}

describe("people", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let competition: Competition;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
    competition = await lab.competition({ registration_auto_approve: false, title: "By approval" }, bob);
  });
  afterAll(() => lab.close());

  const mails = async () => lab.inside.db.selectFrom("mails").selectAll().orderBy("id").execute();
  const mailOf = ({ username }: Person) => `${username}@example.org`;
  const participants = (person: Person, query: string) =>
    expect<Participant[]>(200, person, "GET", `/api/participants/?${query}`);
  const participant = async (person: Person) =>
    (await participants(lab.organizer, `competition=${competition.id}&user__username=${person.username}`))[0]!;

  describe("participants", () => {
    it("who ask are pending until an organizer decides, and mail tells everybody (A-66)", async () => {
      const carol = await lab.newPerson();
      await expect(201, carol, "POST", `/api/competitions/${competition.id}/register/`, { json: {} });
      const asked = await mails();
      assert.deepEqual(
        asked.slice(-2).map(({ recipients, subject }) => [recipients, subject]),
        [
          [[mailOf(lab.organizer)], `${carol.username} asked to participate in By approval`],
          [[mailOf(carol)], "You have asked to participate in By approval"],
        ],
      );
      const { id } = await participant(carol);
      const { joined_when, ...decided } = await expect<Participant & { joined_when: string }>(
        200,
        lab.organizer,
        "PATCH",
        `/api/participants/${id}/`,
        { form: { status: "approved" } },
      );
      assert.ok(Date.now() - Date.parse(joined_when) < 600_000);
      assert.deepEqual(decided, {
        id,
        username: carol.username,
        is_bot: false,
        email: mailOf(carol),
        status: "approved",
        is_deleted: false,
        organization: null,
      });
      assert.match((await mails()).at(-1)!.subject, /^You were accepted into/);
      const again = await lab.organizer.send("PATCH", `/api/participants/${id}/`, { json: { status: "approved" } });
      assertRefused(again, 400, "STATUS_UNCHANGED");
      assert.equal(typeof again.body["error"], "string");
      await expect(200, lab.organizer, "PATCH", `/api/participants/${id}/`, { json: { status: "denied" } });
      assert.match((await mails()).at(-1)!.subject, /^You were not accepted into/);
      const twice = await carol.send("POST", `/api/competitions/${competition.id}/register/`, { json: {} });
      assertRefused(twice, 400, "REGISTERED_ALREADY");
    });

    it("are listed for organizers, by status and by whom they look for", async () => {
      const names = async (query: string) => (await participants(lab.organizer, query)).map(({ username }) => username);
      const at = `competition=${competition.id}`;
      const pending = await names(`${at}&status=pending`);
      assert.deepEqual([pending.includes(bob.username), pending.includes(lab.organizer.username)], [true, false]);
      assert.deepEqual(await names(`${at}&user__email=${mailOf(bob)}`), [bob.username]);
      assert.deepEqual(await names(`${at}&search=${bob.username.slice(0, -1)}`), [bob.username]);
      assert.deepEqual(await participants(alice, ""), []);
      assertRefused(await alice.send("GET", `/api/participants/?${at}`), 403, "NOT_ALLOWED");
      assert.equal(
        (await bob.send("PATCH", `/api/participants/${(await participant(bob)).id}/`, { json: { status: "approved" } }))
          .status,
        404,
      );
    });

    it("get a message of an organizer, unless they want none", async () => {
      const write = async (person: Person) =>
        expect(200, lab.organizer, "POST", `/api/participants/${(await participant(person)).id}/send_email/`, {
          json: { message: "**Hello**" },
        });
      await write(bob);
      const last = (await mails()).at(-1)!;
      assert.deepEqual([last.recipients, last.blind_copies, last.body], [[mailOf(bob)], [], "**Hello**"]);
      const { db } = lab.inside;
      const { id } = await db
        .selectFrom("users")
        .select("id")
        .where("username", "=", bob.username)
        .executeTakeFirstOrThrow();
      await expect(200, bob, "PATCH", `/api/users/${id}/`, { json: { organizer_direct_message_updates: false } });
      await write(bob);
      assert.equal((await mails()).at(-1)!.id, last.id);
      assertRefused(
        await lab.organizer.send("POST", `/api/participants/${(await participant(bob)).id}/send_email/`, { json: {} }),
        400,
        "INVALID",
      );
    });

    it("all get one each, those who are approved (A-66)", async () => {
      const open = await lab.competition({ title: "Two\nlines" }, alice);
      const path = `/api/competitions/${open.id}/email_all_participants/`;
      assertRefused(await alice.send("POST", path, { json: { message: "Hello" } }), 403, "NOT_ALLOWED");
      await expect(200, lab.organizer, "POST", path, { json: { message: "Hello" } });
      const last = (await mails()).slice(-2);
      assert.deepEqual(
        last.map(({ recipients }) => recipients.join()).sort(),
        [mailOf(lab.organizer), mailOf(alice)].sort(),
      );
      for (const { subject } of last) assert.doesNotMatch(subject, /\n/);
    });
  });

  describe("profiles", () => {
    const idOf = async ({ username }: Person) =>
      (await lab.inside.db.selectFrom("users").select("id").where("username", "=", username).executeTakeFirstOrThrow())
        .id;

    it("are changed by their owner and superusers, and the answer is where they are", async () => {
      const path = `/api/users/${await idOf(alice)}/`;
      const json = {
        display_name: "Alice A.",
        location: "Wonderland",
        personal_url: "https://example.org/",
        biography: null,
      };
      assert.equal(await expect(200, alice, "PATCH", path, { json }), `/profiles/user/${alice.username}/`);
      assert.equal((await expect<{ name: string }>(200, alice, "GET", "/api/my_profile/")).name, "Alice A.");
      assertRefused(await bob.send("PATCH", path, { json }), 403, "NOT_ALLOWED");
      await expect(200, lab.admin, "PATCH", path, { json: { title: "Dr." } });
      const row = await lab.inside.db
        .selectFrom("users")
        .selectAll()
        .where("username", "=", alice.username)
        .executeTakeFirstOrThrow();
      assert.deepEqual([row.location, row.title, row.display_name], ["Wonderland", "Dr.", "Alice A."]);
    });

    it("take no links but those of the web, and change neither username nor rights", async () => {
      const path = `/api/users/${await idOf(bob)}/`;
      assertRefused(await bob.send("PATCH", path, { json: { personal_url: "javascript:alert(1)" } }), 400, "INVALID");
      await expect(200, bob, "PATCH", path, { json: { username: "somebody", is_superuser: true, is_bot: true } });
      const row = await lab.inside.db
        .selectFrom("users")
        .selectAll()
        .where("id", "=", await idOf(bob))
        .executeTakeFirstOrThrow();
      assert.deepEqual([row.username, row.is_superuser, row.is_bot], [bob.username, false, false]);
    });

    it("have names of one line, because they stand in mail (A-245)", async () => {
      const path = `/api/users/${await idOf(bob)}/`;
      const lines = "Bob\n\nYour account ends. https://evil.example.org/";
      for (const field of ["display_name", "first_name", "last_name", "title", "location"])
        assertRefused(await bob.send("PATCH", path, { json: { [field]: lines } }), 400, "INVALID");
      await expect(200, bob, "PATCH", path, { json: { biography: lines } });
    });

    it("have a photo, which replaces the one before", async () => {
      const path = `/api/users/${await idOf(alice)}/`;
      const photo = JSON.stringify({ file_name: "me.png", data: `data:image/png;base64,${logo.toString("base64")}` });
      const photos = async () => (await lab.contents()).objects.filter((key) => key.startsWith("uploads/photo/"));
      for (let i = 0; i < 2; i++) await expect(200, alice, "PATCH", path, { json: { photo } });
      // Both sizes, and not what was sent.
      const stored = await photos();
      assert.equal(stored.length, 2);
      assert.ok(stored.every((key) => key.endsWith(".webp")));
      const shown = await expect<Shown>(200, bob, "GET", `/api/users/${alice.username}/`);
      assert.notEqual(shown.photo, shown.photo_icon);
      const file = await fetch(shown.photo_icon!);
      assert.deepEqual([file.status, file.headers.get("content-type")], [200, "image/webp"]);
      assert.match(file.headers.get("cache-control")!, /max-age=43200/);
      assert.equal((await expect<Shown>(200, bob, "GET", `/api/users/${alice.username}/`)).photo, shown.photo);
      const animated = { file_name: "me.gif", data: Buffer.from("GIF89a").toString("base64") };
      assertRefused(await alice.send("PATCH", path, { json: { photo: animated } }), 400, "NOT_AN_IMAGE");
      await expect(200, alice, "PATCH", path, { json: { photo: null } });
      assert.deepEqual(await photos(), []);
    });

    it("lets a person send sixty pictures, and then makes them wait (A-297)", async () => {
      const person = await lab.newPerson();
      const photo = { file_name: "me.gif", data: Buffer.from("GIF89a").toString("base64") };
      const send = async () => person.send("PATCH", `/api/users/${await idOf(person)}/`, { json: { photo } });
      for (let times = 1; times <= 61; times++) assertRefused(await send(), 400, "NOT_AN_IMAGE");
      // The pause after the last one is short; the test does not hang on how quick it is.
      await sql`update throttles set blocked_until = now() + interval '1 hour' where blocked_until > last_try`.execute(
        lab.inside.db,
      );
      assertRefused(await send(), 429, "TOO_MANY_TRIES");
    });

    it("of photos from before there were two sizes show the one (A-189)", async () => {
      await lab.inside.db
        .updateTable("users")
        .set({ photo_key: "photo/old/me.png", photo_icon_key: null })
        .where("username", "=", alice.username)
        .execute();
      const shown = await expect<Shown>(200, bob, "GET", `/api/users/${alice.username}/`);
      assert.ok(shown.photo);
      assert.equal(shown.photo_icon, shown.photo);
      await expect(200, alice, "PATCH", `/api/users/${await idOf(alice)}/`, { json: { photo: null } });
    });

    it("are read by anybody, without mail addresses, and with published competitions only (A-190)", async () => {
      const [open, anonymous] = [
        await lab.competition({ title: "Seen" }, alice),
        await lab.competition({ title: "Anonymous", anonymous_leaderboard: true }, alice),
      ];
      const hidden = await lab.competition({ title: "Unpublished" }, alice);
      await lab.inside.db.updateTable("competitions").set({ published: false }).where("id", "=", hidden.id).execute();
      const shown = await expect<Shown>(200, bob, "GET", `/api/users/${alice.username.toUpperCase()}/`);
      assert.doesNotMatch(JSON.stringify(shown), /@example\.org|notification/);
      const titles = shown.competitions.map(({ id }) => id);
      assert.deepEqual(
        [open, anonymous, hidden].map(({ id }) => titles.includes(id)),
        [true, false, false],
      );
      assert.deepEqual(shown.permissions, { edit: false });
      const organizer = await expect<Shown>(200, alice, "GET", `/api/users/${lab.organizer.username}/`);
      const organized = organizer.organized_competitions.map(({ id }) => id);
      assert.deepEqual([organized.includes(open.id), organized.includes(hidden.id)], [true, false]);
      assert.deepEqual((await expect<Shown>(200, alice, "GET", `/api/users/${alice.username}/`)).permissions, {
        edit: true,
      });
      assertRefused(await alice.send("GET", "/api/users/nobody/"), 404, "NO_SUCH_USER");
    });

    it("show on leaderboards under the name they chose (L-18)", async () => {
      await expect(200, alice, "PATCH", `/api/users/${await idOf(alice)}/`, { json: { display_name: "Alice A." } });
      const open = await lab.competition({}, alice);
      await lab.submitted(alice, open.phases[0]!.id, { scores: { accuracy: 1 } });
      const board = await expect<{ submissions: { owner: string }[] }>(
        200,
        bob,
        "GET",
        `/api/phases/${open.phases[0]!.id}/get_leaderboard/`,
      );
      assert.deepEqual(
        board.submissions.map(({ owner }) => owner),
        ["Alice A."],
      );
    });
  });

  describe("the lookup", () => {
    const find = async (person: Person, q: string) => {
      const answer = await person.send("GET", `/api/user_lookup/?q=${encodeURIComponent(q)}`);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
      return (JSON.parse(answer.text) as { results: { id: number; name: string; username: string }[] }).results;
    };

    it("finds at most five others by a part of their username or their whole mail address (A-67)", async () => {
      for (let i = 0; i < 5; i++) await lab.newPerson();
      assert.equal((await find(alice, "person-")).length, 5);
      assert.ok((await find(alice, "person-")).every(({ username }) => username !== alice.username));
      assert.deepEqual(
        (await find(alice, mailOf(bob))).map(({ name }) => name),
        [bob.username],
      );
      assert.deepEqual(await find(alice, mailOf(bob).slice(0, -2)), []);
      assert.deepEqual(await find(alice, "%"), []);
    });

    it("has who is named exactly before those whose names come first and have the text in them (A-113)", async () => {
      const names = ["0zoe-x", "1zoe-x", "2zoe-x", "3zoe-x", "4zoe-x", "zoe-x"];
      for (const username of names)
        await expect(201, alice, "POST", "/api/signup/", {
          json: { username, email: `${username}@example.org`, password: "a long password" },
        });
      assert.deepEqual(
        (await find(alice, "zoe-x")).map(({ username }) => username),
        ["zoe-x", "0zoe-x", "1zoe-x", "2zoe-x", "3zoe-x"],
      );
    });

    it("looks into mail addresses for superusers, and shows them these", async () => {
      assert.deepEqual(
        (await find(lab.admin, mailOf(bob).slice(0, -2))).map(({ name }) => name),
        [`${bob.username} (${mailOf(bob)})`],
      );
    });

    it("is not for nobody", async () =>
      assertRefused(await lab.send("GET", "/api/user_lookup/?q=a"), 403, "NOT_LOGGED_IN"));
  });

  describe("requests", () => {
    it("are the same as JSON, as a form and in parts, with and without the slash at the end (A-1, A-2)", async () => {
      const fields = { type: "input_data", request_sassy_file_name: "a.zip", file_size: 3, is_public: "true" };
      const bodies: Content[] = [{ json: fields }, { form: fields }, { multipart: fields }];
      for (const content of bodies)
        for (const path of ["/api/datasets/", "/api/datasets"]) {
          const { key, sassy_url } = await expect<{ key: string; sassy_url: string }>(
            201,
            alice,
            "POST",
            path,
            content,
          );
          assert.match(key, /^[0-9a-f-]{36}$/);
          assert.match(sassy_url, /^http/);
          const { is_public, file_size } = await expect<{ is_public: boolean; file_size: number }>(
            200,
            alice,
            "GET",
            `/api/datasets/${key}`,
          );
          assert.deepEqual([is_public, file_size], [true, 3]);
        }
    });

    it("may say at the end of the path that they want JSON (A-3)", async () => {
      const plain = await expect<object>(200, alice, "GET", `/api/competitions/${competition.id}/`);
      const suffixed = await expect<object>(200, alice, "GET", `/api/competitions/${competition.id}.json`);
      assert.deepEqual(Object.keys(suffixed), Object.keys(plain));
      await expect(200, alice, "GET", `/api/competitions/${competition.id}/?format=json`);
    });

    it("whose answer is larger than a function's may be are led to it (A-8)", async () => {
      const page = { title: "Long", content: "x".repeat(900_000) };
      let pages: object[] = [];
      let answer = await lab.organizer.send<{ pages: { id: number }[] }>("GET", `/api/competitions/${competition.id}/`);
      while (answer.status === 200) {
        pages = answer.body.pages.map(({ id }) => ({ id }));
        await lab.organizer.send("PATCH", `/api/competitions/${competition.id}/`, {
          json: { pages: [...pages, page] },
        });
        answer = await lab.organizer.send("GET", `/api/competitions/${competition.id}/`);
      }
      assert.equal(answer.status, 303);
      const whole = (await (await fetch(answer.headers.get("location")!)).json()) as { pages: { content: string }[] };
      assert.deepEqual([whole.pages.length, whole.pages.at(-1)!.content.length], [pages.length + 1, 900_000]);
    });
  });
});
