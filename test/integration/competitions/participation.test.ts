import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, openLabWithPeople, phaseOf, shownTo, type Lab } from "../support/lab.ts";

interface Bulk {
  decided: number[];
  skipped: { id: number; code: string; detail: string }[];
}

describe("participation", () => {
  let lab: Lab;
  let [alice, bob, eve] = [] as unknown as [Person, Person, Person];
  beforeAll(async () => {
    ({ lab, alice, bob, eve } = await openLabWithPeople());
  });
  afterAll(() => lab.close());

  const byApproval = () => lab.competition({ registration_auto_approve: false });
  const register = (who: Person, { id }: Competition, json: object = {}) =>
    who.send<{ participant_status: string }>("POST", `/api/competitions/${id}/register/`, { json });
  const leave = (who: Person, { id }: Competition) => who.send("DELETE", `/api/competitions/${id}/register/`);
  const statuses = async ({ id }: Competition) =>
    new Map(
      (
        await expect<{ id: number; username: string; status: string }[]>(
          200,
          lab.organizer,
          "GET",
          `/api/participants/?competition=${id}`,
        )
      ).map((one) => [one.username, one]),
    );
  const statusOf = async (who: Person, competition: Competition) =>
    (await statuses(competition)).get(who.username)?.status;

  it("ends when a participant leaves; submissions stay off the leaderboard until they register again (A-135)", async () => {
    const open = await lab.competition({}, alice);
    const submission = await lab.submitted(alice, phaseOf(open), { scores: { accuracy: 0.5 } });
    assert.equal((await leave(alice, open)).status, 204);
    assert.equal(await statusOf(alice, open), "left");
    assertRefused(await leave(alice, open), 403, "NOT_PARTICIPATING");
    const seen = () => shownTo(lab.organizer, submission);
    assert.deepEqual([(await seen()).status, (await seen()).on_leaderboard], ["Finished", false]);
    const can = await alice.send<{ can: boolean }>("GET", `/api/can_make_submission/${phaseOf(open)}/`);
    assert.equal(can.body.can, false);
    const { id } = (await statuses(open)).get(alice.username)!;
    const again = await lab.organizer.send("PATCH", `/api/participants/${id}/`, { json: { status: "approved" } });
    assertRefused(again, 400, "HAS_LEFT");
    assert.equal((await register(alice, open)).body.participant_status, "approved");
    assert.equal((await statuses(open)).get(alice.username)!.id, id);
    assert.equal((await seen()).on_leaderboard, true);
  });

  it("is asked for a few times without a pause, because each time is a mail to the organizers (A-256)", async () => {
    const open = await lab.competition();
    const answers: number[] = [];
    for (let n = 0; n < 22; n++) {
      answers.push((await register(bob, open)).status);
      if (answers.at(-1) === 201) await leave(bob, open);
    }
    assert.deepEqual([answers[0], answers.at(-1)], [201, 429]);
  });

  it("of a robot that left begins again when it asks to submit, with its rows (A-135)", async () => {
    const robot = await lab.newPerson({ isBot: true });
    const open = await lab.competition();
    await expect(200, lab.organizer, "PATCH", `/api/competitions/${open.id}/`, {
      json: { allow_robot_submissions: true },
    });
    const ask = () => robot.send<{ can: boolean }>("GET", `/api/can_make_submission/${phaseOf(open)}/`);
    assert.equal((await ask()).body.can, true);
    const submission = await lab.submitted(robot, phaseOf(open), { scores: { accuracy: 0.5 } });
    const isRanked = async () => (await shownTo(lab.organizer, submission)).on_leaderboard;
    assert.equal((await leave(robot, open)).status, 204);
    assert.equal(await isRanked(), false);
    assert.equal((await ask()).body.can, true);
    assert.equal(await isRanked(), true);
  });

  it("can be ended neither by organizers, nor by people who were denied, who would then ask again (A-135)", async () => {
    const competition = await byApproval();
    assertRefused(await leave(lab.organizer, competition), 403, "NOT_PARTICIPATING");
    assertRefused(await leave(eve, competition), 403, "NOT_PARTICIPATING");
    await register(bob, competition);
    const { id } = (await statuses(competition)).get(bob.username)!;
    await expect(200, lab.organizer, "PATCH", `/api/participants/${id}/`, { json: { status: "denied" } });
    assertRefused(await leave(bob, competition), 403, "NOT_PARTICIPATING");
    assertRefused(await register(bob, competition), 400, "REGISTERED_ALREADY");
  });

  it("is decided for many at once; those for whom it cannot be are named (A-34)", async () => {
    const competition = await byApproval();
    for (const person of [alice, bob]) await register(person, competition);
    const known = await statuses(competition);
    const [first, second, organizer] = [alice, bob, lab.organizer].map(({ username }) => known.get(username)!.id);
    const decide = (ids: (number | undefined)[], status: string, who = lab.organizer) =>
      who.send<Bulk>("POST", "/api/participants/decide_many/", { json: { participants: ids, status } });
    const { body } = await decide([first, 999_999, organizer, first, second], "approved");
    assert.deepEqual(body.decided, [first, second]);
    assert.deepEqual(
      body.skipped.map(({ id, code }) => [id, code]),
      [
        [999_999, "NO_SUCH_PARTICIPANT"],
        [organizer, "STATUS_UNCHANGED"],
      ],
    );
    assert.deepEqual([await statusOf(alice, competition), await statusOf(bob, competition)], ["approved", "approved"]);
    assertRefused(await decide([first], "denied", eve), 404, "NO_SUCH_PARTICIPANT");
    assertRefused(await decide([first, second], "approved"), 400, "STATUS_UNCHANGED");
    assertRefused(await decide([first], "left"), 400, "INVALID");
  });

  it("may be a request, and organizers write to those whose requests wait, or were denied (A-136)", async () => {
    const competition = await byApproval();
    for (const person of [alice, bob]) await register(person, competition);
    const { id } = (await statuses(competition)).get(bob.username)!;
    await expect(200, lab.organizer, "PATCH", `/api/participants/${id}/`, { json: { status: "denied" } });
    const write = async (status: unknown) => {
      const json = { message: `Hello ${JSON.stringify(status)}`, ...(status === undefined ? {} : { status }) };
      await expect(200, lab.organizer, "POST", `/api/competitions/${competition.id}/email_all_participants/`, { json });
      const mails = lab.inside.db.selectFrom("mails").select("recipients").where("body", "=", json.message);
      return (await mails.execute()).flatMap(({ recipients }) => recipients.map((to) => to.split("@")[0])).sort();
    };
    assert.deepEqual(await write("pending"), [alice.username]);
    assert.deepEqual(await write(["pending", "denied"]), [alice.username, bob.username].sort());
    assert.deepEqual(await write(undefined), [lab.organizer.username]);
  });

  it("that waits for approval shows the title and the status of a private competition, and nothing else (A-137)", async () => {
    const competition = await byApproval();
    const path = `/api/competitions/${competition.id}/`;
    await register(alice, competition);
    await expect(200, lab.organizer, "POST", `${path}toggle_publish/`);
    const seen = { id: competition.id, title: competition.title, published: false, contact_email: null };
    const nothing = { pages: [], phases: [], leaderboards: [], collaborators: [] };
    const { permissions, ...shown } = await expect<{ permissions: Record<string, boolean> }>(200, alice, "GET", path);
    assert.deepEqual(shown, { ...seen, ...nothing, participant_status: "pending" });
    assert.deepEqual(
      Object.keys(permissions).filter((name) => permissions[name]),
      ["leave"],
    );
    assertRefused(await eve.send("GET", path), 404, "NO_SUCH_COMPETITION");
    assertRefused(
      await alice.send("GET", `/api/phases/${phaseOf(competition)}/get_leaderboard/`),
      404,
      "NO_SUCH_COMPETITION",
    );
    assert.equal((await leave(alice, competition)).status, 204);
    assertRefused(await alice.send("GET", path), 404, "NO_SUCH_COMPETITION");
    assertRefused(await leave(eve, competition), 404, "NO_SUCH_COMPETITION");
  });
});
