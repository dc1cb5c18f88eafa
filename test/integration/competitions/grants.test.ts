import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { inDays, phase, submit, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, openLab, phaseOf, type Lab } from "../support/lab.ts";
import { join, makeOrganization } from "../accounts/organization-lab.ts";

interface Grant {
  id: number;
  participant: number;
  username: string;
  submissions_per_day: number;
  submissions_per_person: number;
  reason: string | null;
  granted_by: string;
}
interface Allowance {
  used_submissions_per_day: number;
  used_submissions_per_person: number;
  allowed_submissions_per_day: number | null;
  allowed_submissions_per_person: number | null;
}

describe("limits, and grants beyond them", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  beforeAll(async () => {
    // Concurrency needs a database server with more than one session.
    lab = await openLab();
    [alice, bob] = [await lab.newPerson(), await lab.newPerson()];
  });
  afterAll(() => lab.close());

  /** A competition with limits per day and in total. */
  const limited = (perDay: number | null, perPerson: number | null, window: object = {}) =>
    lab.competition(
      { phases: [phase({ max_submissions_per_day: perDay, max_submissions: perPerson, ...window })] },
      alice,
      bob,
    );
  const participant = async ({ id }: { id: number }, { username }: Person) =>
    (
      await expect<{ id: number }[]>(
        200,
        lab.organizer,
        "GET",
        `/api/participants/?competition=${id}&user__username=${username}`,
      )
    )[0]!.id;
  const can = (who: Person, phaseId: number) =>
    expect<Allowance & { can: boolean; code: string | null }>(200, who, "GET", `/api/can_make_submission/${phaseId}/`);
  const numbers = (a: Allowance) => [
    a.used_submissions_per_day,
    a.allowed_submissions_per_day,
    a.used_submissions_per_person,
    a.allowed_submissions_per_person,
  ];
  /**
   * Sends several submissions at once and returns how many were accepted. The others must be refused because of the
   * limit.
   */
  async function taken(who: Person, phaseId: number, atOnce: number, code: string): Promise<number> {
    const files = await Promise.all(Array.from({ length: atOnce }, () => upload(who, "submission", Buffer.from("x"))));
    const answers = await Promise.all(
      files.map((data) => who.send("POST", "/api/submissions/", { json: { phase: phaseId, data } })),
    );
    for (const answer of answers.filter(({ status }) => status !== 201)) assertRefused(answer, 403, code);
    return answers.filter(({ status }) => status === 201).length;
  }
  const grant = (competition: Parameters<typeof phaseOf>[0], json: object, status = 201) =>
    expect<Grant>(status, lab.organizer, "POST", `/api/phases/${phaseOf(competition)}/grants/`, { json });

  it("count deleted submissions, except those that failed (R-4)", async () => {
    const competition = await limited(4, 4);
    const phaseId = phaseOf(competition);
    const finished = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
    const failed = await lab.submitted(alice, phaseId, { failure: "PROGRAM_EXIT" });
    const own = await submit(alice, phaseId, Buffer.from("x"));
    assert.deepEqual(numbers(await can(alice, phaseId)), [2, 4, 2, 4]);
    await expect(204, lab.organizer, "DELETE", `/api/submissions/${finished}/`);
    for (const id of [failed, own]) await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
    assert.deepEqual(numbers(await can(alice, phaseId)), [2, 4, 2, 4]);
    assert.deepEqual(numbers(await can(bob, phaseId)), [0, 4, 0, 4]);
    await tellsBefore(phaseId);
    await expect(204, lab.organizer, "DELETE", `/api/competitions/${competition.id}/`);
  });

  /** What alice reads before a submission, of which she has made two of four. */
  async function tellsBefore(phaseId: number): Promise<void> {
    const path = `/api/phases/${phaseId}/before_submitting/`;
    const found = await expect<Allowance & Record<string, unknown>>(200, alice, "GET", path);
    assert.deepEqual([found["left_today"], found["left"], numbers(found)], [2, 2, [2, 4, 2, 4]]);
    assert.match(String(found["resets_when"]), /T00:00:00/);
    assert.ok(Number(found["time_limit_seconds"]) > 0);
    assert.equal(typeof found["usual_wait_seconds"], "number");
    assert.deepEqual([found["waiting_now"], found["queue_accepts_jobs"]], [0, true]);
    assert.ok(["platform", "owner of the queue"].includes(String(found["runs_on"])));
  }

  for (const [what, perDay, perPerson, code] of [
    ["a day", 2, null, "DAILY_LIMIT"],
    ["in all", null, 2, "TOTAL_LIMIT"],
  ] as const)
    it(`${what}: concurrent submissions never exceed it, before and after a grant and its revocation (R-4, A-102)`, async () => {
      const competition = await limited(perDay, perPerson);
      const phaseId = phaseOf(competition);
      assert.equal(await taken(alice, phaseId, 6, code), 2);
      const made = await grant(competition, {
        participant: await participant(competition, alice),
        [perDay ? "submissions_per_day" : "submissions_per_person"]: 3,
      });
      assert.deepEqual(numbers(await can(alice, phaseId)), [2, perDay && 5, 2, perPerson && 5]);
      assert.equal(await taken(alice, phaseId, 8, code), 3);
      assert.deepEqual([(await can(alice, phaseId)).code, (await can(bob, phaseId)).can], [code, true]);
      assert.deepEqual(numbers(await can(bob, phaseId)), [0, perDay, 0, perPerson], "nobody else's");

      await expect(204, lab.organizer, "DELETE", `/api/phases/${phaseId}/grants/${made.id}/`);
      assert.deepEqual(numbers(await can(alice, phaseId)), [5, perDay, 5, perPerson]);
      assert.equal(await taken(alice, phaseId, 1, code), 0);
      assertRefused(
        await lab.organizer.send("DELETE", `/api/phases/${phaseId}/grants/${made.id}/`),
        404,
        "NO_SUCH_GRANT",
      );
      await lab.runAll({ scores: { accuracy: 1, duration: 1 } });
    });

  it("grants add up, show who gave them, and appear in the participant's view of the competition (A-102)", async () => {
    const competition = await limited(1, 10);
    const id = await participant(competition, alice);
    for (let i = 0; i < 2; i++)
      await grant(competition, { participant: id, submissions_per_day: 1, submissions_per_person: 2 });
    await submit(alice, phaseOf(competition), Buffer.from("x"));
    const seen = async (who: Person) =>
      numbers(
        (await expect<{ phases: Allowance[] }>(200, who, "GET", `/api/competitions/${competition.id}/`)).phases[0]!,
      );
    assert.deepEqual(
      [await seen(alice), await seen(bob)],
      [
        [1, 3, 1, 14],
        [0, 1, 0, 10],
      ],
    );
    const listed = await expect<Grant[]>(200, lab.organizer, "GET", `/api/phases/${phaseOf(competition)}/grants/`);
    assert.deepEqual(
      listed.map((g) => [g.participant, g.username, g.submissions_per_day, g.submissions_per_person, g.granted_by]),
      [
        [id, alice.username, 1, 2, lab.organizer.username],
        [id, alice.username, 1, 2, lab.organizer.username],
      ],
    );
    await lab.runAll({ scores: { accuracy: 1, duration: 1 } });
  });

  it("a grant to a member applies to the team, where teams share limits (A-102)", async () => {
    const competition = await limited(1, null);
    await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, {
      json: { teams_share_limits: true },
    });
    const organization = await makeOrganization(alice, "Granted");
    await join(organization, alice, bob, "PARTICIPANT");
    const ask = async (who: Person) => {
      const json = {
        phase: phaseOf(competition),
        data: await upload(who, "submission", Buffer.from("x")),
        organization: organization.id,
      };
      const { status, body } = await who.send<{ code?: string }>("POST", "/api/submissions/", { json });
      return body.code ?? status;
    };
    assert.equal(await ask(alice), 201);
    assert.equal(await ask(bob), "DAILY_LIMIT");
    await grant(competition, { participant: await participant(competition, alice), submissions_per_day: 1 });
    assert.deepEqual([await ask(bob), await ask(bob)], [201, "DAILY_LIMIT"]);
    await lab.runAll({ scores: { accuracy: 1, duration: 1 } });
  });

  it("the audit trail records grants and revocations with their reason (A-96, A-102)", async () => {
    const competition = await limited(1, null);
    const id = await participant(competition, alice);
    const path = `/api/phases/${phaseOf(competition)}/grants/`;
    const ask = (method: string, at: string, body?: object) =>
      fetch(lab.url + at, {
        method,
        headers: {
          authorization: `Token ${lab.organizer.token}`,
          "content-type": "application/json",
          "x-reason": "her disk failed",
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const made = (await (await ask("POST", path, { participant: id, submissions_per_day: 2 })).json()) as Grant;
    assert.equal(made.reason, "her disk failed");
    assert.equal((await ask("DELETE", `${path}${made.id}/`)).status, 204);
    const granted = { grant: made.id, phase: phaseOf(competition), submissions_per_day: 2, submissions_per_person: 0 };
    const { results } = await expect<{ results: { kind: string; before: object; after: object; reason: string }[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/audit/?subject=participant&subject_id=${id}&page_size=2`,
    );
    assert.deepEqual(
      results.map(({ kind, before, after, reason }) => ({ kind, before, after, reason })),
      [
        { kind: "submissions.taken_back", before: granted, after: null, reason: "her disk failed" },
        { kind: "submissions.granted", before: null, after: granted, reason: "her disk failed" },
      ],
    );
  });

  it("only organizers grant, only to participants, and only where there is a limit (A-102)", async () => {
    const [competition, other] = [await limited(1, null), await limited(1, 1)];
    const path = `/api/phases/${phaseOf(competition)}/grants/`;
    const id = await participant(competition, alice);
    const refused = (who: Person, json: object, status: number, code: string) =>
      lab.refuses(() => who.send("POST", path, { json }), status, code);
    await refused(alice, { participant: id, submissions_per_day: 1 }, 403, "NOT_ALLOWED");
    assertRefused(await alice.send("GET", path), 403, "NOT_ALLOWED");
    await refused(
      lab.organizer,
      { participant: await participant(other, alice), submissions_per_day: 1 },
      400,
      "NO_SUCH_PARTICIPANT",
    );
    await refused(lab.organizer, { participant: id }, 400, "NOTHING_GRANTED");
    await refused(lab.organizer, { participant: id, submissions_per_person: 1 }, 400, "NO_SUCH_LIMIT");
    await refused(lab.organizer, { participant: id, submissions_per_day: -1 }, 400, "INVALID");
    const made = await grant(other, { participant: await participant(other, alice), submissions_per_day: 1 });
    assertRefused(await lab.organizer.send("DELETE", `${path}${made.id}/`), 404, "NO_SUCH_GRANT");
  });

  it("failed submissions do not count, and neither do platform failures (R-4, R-14)", async () => {
    const competition = await limited(1, 1);
    for (const failure of ["WORKER_LOST", "NO_COMMAND"] as const) {
      await lab.submitted(alice, phaseOf(competition), { failure });
      assert.deepEqual(numbers(await can(alice, phaseOf(competition))), [0, 1, 0, 1], failure);
    }
    await lab.submitted(alice, phaseOf(competition), { scores: { accuracy: 1, duration: 1 } });
    assert.equal((await can(alice, phaseOf(competition))).code, "DAILY_LIMIT");
  });

  it("a phase accepts submissions from its start to its end, both included, by the server's clock (A-30)", async () => {
    const competition = await limited(null, null, { start: inDays(1), end: inDays(2) });
    const phaseId = phaseOf(competition);
    const row = await lab.inside.db
      .selectFrom("phases")
      .select(["starts_at", "ends_at"])
      .where("id", "=", phaseId)
      .executeTakeFirstOrThrow();
    const [start, end] = [row.starts_at.getTime(), row.ends_at!.getTime()];
    const data = await upload(alice, "submission", Buffer.from("x"));
    const { now } = lab.inside;
    const at = async (moment: number) => {
      lab.inside.now = () => new Date(moment);
      try {
        const { status, body } = await alice.send<{ code?: string }>("POST", "/api/submissions/", {
          json: { phase: phaseId, data },
        });
        return status === 201 ? "taken" : body.code;
      } finally {
        lab.inside.now = now;
      }
    };
    assert.deepEqual(
      [await at(start - 1), await at(start), await at(end), await at(end + 1)],
      ["PHASE_NOT_STARTED", "taken", "taken", "PHASE_ENDED"],
    );
    await lab.runAll({ scores: { accuracy: 1, duration: 1 } });
  });
});
