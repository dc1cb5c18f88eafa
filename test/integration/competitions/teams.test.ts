/**
 * Submitting for organizations, and organizations as teams that share limits. Concurrency needs a PostgreSQL server.
 */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { phase, register, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, listedTo, openLab, phaseOf, shownTo, twoTasks, type Lab } from "../support/lab.ts";
import { join, makeOrganization, type Shown } from "../accounts/organization-lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const people = async <N extends number>(n: N) => Promise.all(Array.from({ length: n }, () => lab.newPerson()));
let made = 0;
/** Creates an organization: the first person is its owner, the others are participants. */
async function team(...[owner, ...others]: Person[]): Promise<Shown> {
  const organization = await makeOrganization(owner!, `Team ${++made}`.replace(" ", "-"));
  for (const person of others) await join(organization, owner!, person, "PARTICIPANT");
  return organization;
}

/** Tries to submit, for an organization or alone. */
async function ask(person: Person, phaseId: number, organization: { id: number } | null = null) {
  const data = await upload(person, "submission", Buffer.from("a submission"));
  return person.send<{ id: number; organization: number | null }>("POST", "/api/submissions/", {
    json: { phase: phaseId, data, ...(organization ? { organization: organization.id } : {}) },
  });
}
async function submitted(
  person: Person,
  phaseId: number,
  organization: { id: number } | null,
  accuracy: number,
): Promise<number> {
  const { status, text, body } = await ask(person, phaseId, organization);
  assert.equal(status, 201, text);
  await lab.runAll({ scores: { accuracy } });
  return body.id;
}

interface Board {
  submissions: { id: number; owner: string; slug_url: string; organization: object | null }[];
}
const board = (phaseId: number) => expect<Board>(200, lab.organizer, "GET", `/api/phases/${phaseId}/get_leaderboard/`);
const rowsOf = async (phaseId: number) => (await board(phaseId)).submissions.map(({ id }) => id);
const named = ({ id, name }: Shown) => ({ id, name, url: `/profiles/organization/${id}/` });
const teams = (competition: Competition) =>
  expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { teams_share_limits: true } });
const limited = (limits: Record<string, unknown>, rule = "Force_Last") => ({
  phases: [phase(limits)],
  ...boardWithRule(rule),
});

/** A competition where teams share limits, with participants. */
async function teamCompetition(yaml: Record<string, unknown>, ...participants: Person[]): Promise<Competition> {
  const competition = await lab.competition(yaml, ...participants);
  await teams(competition);
  return competition;
}

describe("submitting for an organization (A-45)", () => {
  let alice: Person, bob: Person, member: Person, invited: Person;
  let organization: Shown;
  let competition: Competition;
  beforeAll(async () => {
    [alice, bob, member, invited] = (await people(4)) as [Person, Person, Person, Person];
    organization = await team(alice, bob);
    await join(organization, alice, member);
    await expect(200, alice, "POST", `/api/organizations/${organization.id}/invite_users/`, {
      json: { users: [invited.username] },
    });
    competition = await lab.competition(
      limited({ max_submissions: 2 }, "Force_Latest_Multiple"),
      alice,
      bob,
      member,
      invited,
    );
  });

  it("is allowed to its participants, managers and owner, and refused to others and for unknown organizations", async () => {
    const { status, body } = await ask(bob, phaseOf(competition), organization);
    assert.deepEqual([status, body.organization], [201, organization.id]);
    assertRefused(await ask(member, phaseOf(competition), organization), 400, "MAY_NOT_SUBMIT");
    assertRefused(await ask(invited, phaseOf(competition), organization), 400, "NOT_A_MEMBER");
    assertRefused(await ask(lab.organizer, phaseOf(competition), organization), 400, "NOT_A_MEMBER");
    assertRefused(await ask(bob, phaseOf(competition), { id: 2147483647 }), 400, "NO_SUCH_ORGANIZATION");
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("shows it on the submission, on leaderboards and in exports, together with the submitter", async () => {
    const id = await submitted(bob, phaseOf(competition), organization, 0.5);
    const alone = await submitted(member, phaseOf(competition), null, 0.1);
    const seen = await shownTo(bob, id);
    assert.deepEqual(
      [seen.owner, (seen as unknown as { organization: object }).organization],
      [bob.username, named(organization)],
    );
    const row = (await board(phaseOf(competition))).submissions.find((row) => row.id === id)!;
    assert.deepEqual(
      [row.owner, row.slug_url, row.organization],
      [bob.username, `/profiles/user/${bob.username}/`, named(organization)],
    );
    const { leaderboards } = await expect<{ leaderboards: { id: number }[] }>(
      200,
      bob,
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    const entries = await expect<Board>(200, bob, "GET", `/api/leaderboards/${leaderboards[0]!.id}/`);
    assert.deepEqual(entries.submissions.find((row) => row.id === id)!.organization, named(organization));
    const results = `/api/competitions/${competition.id}/results`;
    const [table] = Object.values(
      await expect<Record<string, Record<string, object>>>(200, lab.organizer, "GET", `${results}.json`),
    );
    assert.deepEqual(
      [`${bob.username}-${id}`, `${member.username}-${alone}`].map((key) => "organization" in table![key]!),
      [true, false],
    );
    const lines = (await lab.organizer.send("GET", `${results}.csv?phase=${phaseOf(competition)}`)).text.split("\r\n");
    assert.match(lines[0]!, /^Username,organization,fact_sheet_answers,/);
    assert.ok(
      lines.some((line) => line.startsWith(`${bob.username}-${id},${organization.name},,`)),
      lines.join("\n"),
    );
    assert.ok(
      lines.some((line) => line.startsWith(`${member.username}-${alone},,,`)),
      lines.join("\n"),
    );
  });

  it("counts against the limits of the submitter only", async () => {
    assertRefused(await ask(bob, phaseOf(competition), organization), 403, "TOTAL_LIMIT");
    assertRefused(await ask(bob, phaseOf(competition)), 403, "TOTAL_LIMIT");
    await submitted(alice, phaseOf(competition), organization, 0.5);
    await submitted(alice, phaseOf(competition), null, 0.5);
  });

  it("is kept in reruns, on several tasks and in the next phase", async () => {
    const [person] = (await people(1)) as [Person];
    await join(organization, alice, person, "PARTICIPANT");
    const {
      phases: [now],
      ...rest
    } = twoTasks;
    const double = await lab.competition(
      {
        ...rest,
        phases: [
          { ...now, end: new Date(Date.now() + 3_600_000).toISOString() },
          { ...now, index: 1, name: "Next", start: new Date(Date.now() + 7_200_000).toISOString() },
        ],
        ...boardWithRule("Force_Last"),
      },
      person,
    );
    const id = await submitted(person, phaseOf(double), organization, 0.5);
    await expect(200, lab.organizer, "POST", `/api/phases/${phaseOf(double)}/manually_migrate/`);
    const { id: again } = await expect<{ id: number }>(
      200,
      lab.organizer,
      "POST",
      `/api/submissions/${id}/re_run_submission/`,
    );
    await lab.runAll({ scores: { accuracy: 1 } });
    const all = [
      ...(await listedTo(person, `phase=${phaseOf(double)}`)),
      ...(await listedTo(person, `phase=${phaseOf(double, 1)}`)),
    ] as unknown as { id: number; organization: object | null }[];
    assert.equal(all.length, 9);
    assert.ok(all.some((one) => one.id === again));
    for (const one of all) assert.deepEqual(one.organization, named(organization));
  });

  it("prevents the organization from being deleted, even if the submission was soft-deleted (A-95)", async () => {
    const [owner] = (await people(1)) as [Person];
    const own = await team(owner);
    const open = await lab.competition(boardWithRule("Add_And_Delete"), owner);
    const id = await submitted(owner, phaseOf(open), own, 1);
    const gone = () => owner.send("DELETE", `/api/organizations/${own.id}/delete_organization/`);
    assertRefused(await gone(), 409, "HAS_SUBMISSIONS");
    await expect(200, owner, "DELETE", `/api/submissions/${id}/soft_delete/`);
    assertRefused(await gone(), 409, "HAS_SUBMISSIONS");
    await expect(204, lab.organizer, "DELETE", `/api/submissions/${id}/`);
    assert.equal((await gone()).status, 200);
  });

  it("and deleting the organization at the same time succeeds for only one of the two", async () => {
    for (let round = 0; round < 4; round++) {
      const [owner] = (await people(1)) as [Person];
      const own = await team(owner);
      await register(competition, owner);
      const [submission, deletion] = await Promise.all([
        ask(owner, phaseOf(competition), own),
        owner.send("DELETE", `/api/organizations/${own.id}/delete_organization/`),
      ]);
      const outcome = `${submission.status} ${deletion.status}`;
      assert.ok(["201 409", "400 200"].includes(outcome), `${outcome} ${submission.text} ${deletion.text}`);
    }
    await lab.runAll({ scores: { accuracy: 1 } });
  });
});

describe("teams that share limits (A-99)", () => {
  it("have one limit in total, whoever submits, and failed submissions do not count", async () => {
    const [alice, bob] = (await people(2)) as [Person, Person];
    const own = await team(alice, bob);
    const competition = await teamCompetition(limited({ max_submissions: 3 }), alice, bob);
    const at = phaseOf(competition);
    await submitted(alice, at, own, 0.1);
    await submitted(bob, at, own, 0.2);
    assert.equal((await ask(bob, at, own)).status, 201);
    await lab.runAll({ failure: "PROGRAM_EXIT" });
    await submitted(alice, at, own, 0.3);
    for (const person of [alice, bob]) {
      assertRefused(await ask(person, at, own), 403, "TOTAL_LIMIT");
      const answer = await expect<{ can: boolean; code: string }>(
        200,
        person,
        "GET",
        `/api/can_make_submission/${at}/`,
      );
      assert.deepEqual([answer.can, answer.code], [false, "TOTAL_LIMIT"]);
      const detail = await expect<{
        phases: { used_submissions_per_person: number; used_submissions_per_day: number }[];
      }>(200, person, "GET", `/api/competitions/${competition.id}/`);
      assert.deepEqual(
        [detail.phases[0]!.used_submissions_per_person, detail.phases[0]!.used_submissions_per_day],
        [3, 3],
      );
    }
  });

  it("have one limit per day, which restarts at midnight UTC", async () => {
    const [alice, bob] = (await people(2)) as [Person, Person];
    const own = await team(alice, bob);
    const competition = await teamCompetition(limited({ max_submissions_per_day: 1 }), alice, bob);
    const at = phaseOf(competition);
    const id = await submitted(alice, at, own, 0.1);
    assertRefused(await ask(bob, at, own), 403, "DAILY_LIMIT");
    const midnight = new Date();
    midnight.setUTCHours(0, 0, 0, 0);
    await lab.inside.db
      .updateTable("submissions")
      .set({ created_when: new Date(midnight.getTime() - 1) })
      .where("id", "=", id)
      .execute();
    await submitted(bob, at, own, 0.2);
    assertRefused(await ask(alice, at, own), 403, "DAILY_LIMIT");
  });

  it("count what their members submitted alone before they joined", async () => {
    const [alice, bob] = (await people(2)) as [Person, Person];
    const own = await team(alice, bob);
    const competition = await teamCompetition(limited({ max_submissions: 3 }), alice, bob);
    await submitted(bob, phaseOf(competition), null, 0.1);
    await submitted(alice, phaseOf(competition), own, 0.1);
    await submitted(bob, phaseOf(competition), own, 0.1);
    assertRefused(await ask(alice, phaseOf(competition), own), 403, "TOTAL_LIMIT");
    const [carol] = (await people(1)) as [Person];
    await join(own, alice, carol, "PARTICIPANT");
    await register(competition, carol);
    assertRefused(await ask(carol, phaseOf(competition), own), 403, "TOTAL_LIMIT");
    // A person who was refused has not joined.
    const { count } = await expect<{ count: number }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/audit/?kind=participant.team_changed`,
    );
    assert.equal(count, 2);
  });

  it("prevent their members from submitting alone or for another team, and do not affect others", async () => {
    const [alice, bob, carol, dave] = (await people(4)) as [Person, Person, Person, Person];
    const own = await team(alice, bob);
    await join(own, alice, dave);
    const other = await team(carol, alice);
    const competition = await teamCompetition(limited({}), alice, bob, carol, dave);
    const at = phaseOf(competition);
    await submitted(bob, at, null, 0.1);
    await submitted(alice, at, own, 0.1);
    for (const [person, organization] of [
      [alice, null],
      [alice, other],
      [bob, null],
    ] as const) {
      const { body } = assertRefusedWith(await ask(person, at, organization), 403, "HAS_TEAM");
      assert.match(String(body["detail"]), new RegExp(`${own.name}.*organization ${own.id}\\.$`));
    }
    // A member who may not submit for the team does not belong to it.
    await submitted(dave, at, null, 0.1);
    await submitted(carol, at, null, 0.1);
    // An organization that has not submitted is not a team.
    await submitted(carol, at, other, 0.1);
  });

  it("release members only if organizers do so, even those who left the organization", async () => {
    const [alice, bob] = (await people(2)) as [Person, Person];
    const own = await team(alice, bob);
    const competition = await teamCompetition(limited({ max_submissions: 2 }), alice, bob);
    const at = phaseOf(competition);
    await submitted(bob, at, own, 0.1);
    await expect(200, bob, "DELETE", `/api/organizations/${own.id}/delete_member/`, {
      json: { membership: await membershipOf(bob, own) },
    });
    assertRefused(await ask(bob, at), 403, "HAS_TEAM");
    assertRefused(await ask(bob, at, own), 400, "NOT_A_MEMBER");
    const list = (query = "") =>
      expect<{ id: number; organization: object | null }[]>(
        200,
        lab.organizer,
        "GET",
        `/api/participants/?competition=${competition.id}&user__username=${bob.username}${query}`,
      );
    const [participant] = await list();
    assert.deepEqual(participant!.organization, named(own));
    assertRefused(await alice.send("DELETE", `/api/participants/${participant!.id}/team/`), 404, "NO_SUCH_PARTICIPANT");
    await expect(204, lab.organizer, "DELETE", `/api/participants/${participant!.id}/team/`);
    assert.equal((await list())[0]!.organization, null);
    assertRefused(await lab.organizer.send("DELETE", `/api/participants/${participant!.id}/team/`), 404, "NO_TEAM");
    const trail = await expect<{
      results: { actor: { username: string }; subject: { id: string }; before: object; after: object }[];
    }>(200, lab.organizer, "GET", `/api/competitions/${competition.id}/audit/?kind=participant.team_changed`);
    assert.deepEqual(
      trail.results.map(({ actor, subject, before, after }) => [actor.username, subject.id, before, after]),
      [
        [lab.organizer.username, String(participant!.id), { organization: own.id }, { organization: null }],
        [bob.username, String(participant!.id), { organization: null }, { organization: own.id }],
      ],
    );
    await submitted(bob, at, null, 0.1);
    assertRefused(await ask(bob, at), 403, "TOTAL_LIMIT");
    // Submissions made for the team remain the team's.
    await submitted(alice, at, own, 0.1);
    assertRefused(await ask(alice, at, own), 403, "TOTAL_LIMIT");
  });

  it("of any size never exceed their limits with concurrent submissions", async () => {
    const all = (await people(4)) as [Person, Person, Person, Person];
    const own = await team(...all);
    const competition = await teamCompetition(limited({ max_submissions: 2, max_submissions_per_day: 2 }), ...all);
    const answers = await Promise.all([...all, ...all].map((person) => ask(person, phaseOf(competition), own)));
    assert.deepEqual(
      answers.map(({ status }) => status).sort(),
      [201, 201, 403, 403, 403, 403, 403, 403],
      answers.map(({ text }) => text).join("\n"),
    );
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("do not exist unless organizers enable them", async () => {
    const [alice, bob] = (await people(2)) as [Person, Person];
    const own = await team(alice, bob);
    const competition = await lab.competition(limited({ max_submissions: 1 }), alice, bob);
    const { teams_share_limits } = await expect<{ teams_share_limits: boolean }>(
      200,
      alice,
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    assert.equal(teams_share_limits, false);
    const ids = [
      await submitted(alice, phaseOf(competition), own, 0.1),
      await submitted(bob, phaseOf(competition), own, 0.2),
    ];
    assert.deepEqual((await rowsOf(phaseOf(competition))).sort(), ids.sort());
  });

  describe("on leaderboards have one row (A-100)", () => {
    for (const [rule, expected] of [
      ["Force_Last", 2],
      ["Force_Best", 1],
    ] as const)
      it(`by ${rule}, even if a member had a row alone`, async () => {
        const [alice, bob, carol] = (await people(3)) as [Person, Person, Person];
        const own = await team(alice, bob);
        const competition = await teamCompetition(limited({}, rule), alice, bob, carol);
        const at = phaseOf(competition);
        const others = await submitted(carol, at, null, 0.9);
        const alone = await submitted(bob, at, null, 0.1);
        assert.deepEqual(await rowsOf(at), [others, alone]);
        const ids = [alone, await submitted(alice, at, own, 0.5), await submitted(bob, at, own, 0.3)];
        assert.deepEqual(await rowsOf(at), [others, ids[expected]]);
      });

    it("which changes when somebody joins or is released, or when the organizers decide about teams (L-29)", async () => {
      const [alice, bob] = (await people(2)) as [Person, Person];
      const own = await team(alice, bob);
      const competition = await teamCompetition(limited({}, "Force_Best"), alice, bob);
      const at = phaseOf(competition);
      const alone = await submitted(bob, at, null, 0.9);
      const ofTeam = await submitted(alice, at, own, 0.5);
      assert.deepEqual(await rowsOf(at), [alone, ofTeam], "bob has not joined yet");
      assert.equal((await ask(bob, at, own)).status, 201);
      assert.deepEqual(await rowsOf(at), [alone], "as soon as bob joins");
      await lab.runAll({ scores: { accuracy: 0.7 } });
      const share = (teams_share_limits: boolean) =>
        expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { teams_share_limits } });
      await share(false);
      assert.deepEqual(await rowsOf(at), [alone, ofTeam]);
      await share(true);
      assert.deepEqual(await rowsOf(at), [alone]);
      const [participant] = await expect<[{ id: number }]>(
        200,
        lab.organizer,
        "GET",
        `/api/participants/?competition=${competition.id}&user__username=${bob.username}`,
      );
      await expect(204, lab.organizer, "DELETE", `/api/participants/${participant.id}/team/`);
      const rows = await rowsOf(at);
      assert.deepEqual([rows[0], rows.length], [alone, 2], "what bob made for the team remains the team's");
    });

    it("if a submission is put there by hand", async () => {
      const [alice, bob] = (await people(2)) as [Person, Person];
      const own = await team(alice, bob);
      const competition = await teamCompetition(limited({}, "Add_And_Delete"), alice, bob);
      const at = phaseOf(competition);
      for (const person of [alice, bob]) {
        const id = await submitted(person, at, own, 0.5);
        await expect(200, person, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
        assert.deepEqual(await rowsOf(at), [id]);
      }
    });

    it("even if two of their submissions end at the same time", async () => {
      const [alice, bob] = (await people(2)) as [Person, Person];
      const own = await team(alice, bob);
      const competition = await teamCompetition(limited({}), alice, bob);
      for (let round = 0; round < 5; round++) {
        for (const person of [alice, bob]) assert.equal((await ask(person, phaseOf(competition), own)).status, 201);
        const manifests = [await lab.claim(), await lab.claim()].filter((manifest) => manifest !== null);
        assert.equal(manifests.length, 2);
        await Promise.all(manifests.map((manifest) => lab.finish(manifest, { scores: { accuracy: 1 } })));
        assert.equal((await rowsOf(phaseOf(competition))).length, 1);
      }
    });
  });

  it("are listed beside participants, also in the table of participants (A-101)", async () => {
    const [alice, bob] = (await people(2)) as [Person, Person];
    const own = await team(alice);
    const competition = await teamCompetition(limited({}), alice, bob);
    await submitted(alice, phaseOf(competition), own, 0.1);
    const path = `/api/participants/?competition=${competition.id}&format=csv`;
    const answer = await lab.organizer.send("GET", path);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/csv/);
    const lines = answer.text.split("\r\n");
    assert.equal(lines[0], "Participant ID,Username,Email,Status,Is Bot,Team,Registered When");
    assert.ok(
      lines.some((line) =>
        new RegExp(`^\\d+,${alice.username},${alice.username}@example.org,approved,false,${own.name},\\d{4}-`).test(
          line,
        ),
      ),
      answer.text,
    );
    assert.ok(
      lines.some((line) =>
        new RegExp(`^\\d+,${bob.username},${bob.username}@example.org,approved,false,,\\d{4}-`).test(line),
      ),
      answer.text,
    );
    assertRefused(await alice.send("GET", path), 403, "NOT_ALLOWED");
  });
});

async function membershipOf(person: Person, { id }: Shown): Promise<number> {
  const mine = await expect<{ id: number; membership: number }[]>(200, person, "GET", "/api/organizations/");
  return mine.find((one) => one.id === id)!.membership;
}

function assertRefusedWith(answer: Awaited<ReturnType<typeof ask>>, status: number, code: string) {
  assertRefused(answer, status, code);
  return answer as unknown as { body: Record<string, unknown> };
}
