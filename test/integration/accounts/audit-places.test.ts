import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { defaultQueueId } from "../../../lambdas/competitions/db/competitions.ts";
import { newLoginKey, sealingKeyOf } from "../../../contract/registry-login.ts";
import { setSealingKey } from "../../../lambdas/jobs/db/registry-logins.ts";
import { failAttempt } from "../../../lambdas/jobs/service/attempts.ts";
import type { Competition } from "../../../client/api-client.ts";
import { submit, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { assertAudited, newestAt, trailAt, type Change } from "./audit-lab.ts";
import { expect, openLabWithPeople, phaseOf, type Lab } from "../support/lab.ts";
import { idOf, join, makeOrganization, type Shown } from "./organization-lab.ts";

interface Audited extends Change {
  /** Of what the trail is. */
  of: string;
  reader: Person;
}

describe("the audit trail of queues, organizations and the platform, and of data", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  let competition: Competition;
  let queue: { id: string };
  /** A queue that the platform's own workers serve. */
  let served: { id: string };
  let organization: Shown;
  let ids: Record<"alice" | "bob" | "eve", number>;
  beforeAll(async () => {
    ({ lab, alice, bob, eve } = await openLabWithPeople());
    competition = await lab.competition({}, alice);
    queue = await makeQueue("lab");
    served = await makeQueue("served", { prediction_profile: "standard", scoring_profile: "standard" });
    await setSealingKey(lab.inside.db, sealingKeyOf(newLoginKey()));
    organization = await makeOrganization(alice, "Makers");
    ids = { alice: await idOf(lab, alice), bob: await idOf(lab, bob), eve: await idOf(lab, eve) };
  });
  afterAll(() => lab.close());

  const makeQueue = (name: string, profiles = {}) =>
    expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", { json: { name, ...profiles } });
  const onServedQueue = () => ({ of: `/api/queues/${served.id}/`, reader: lab.organizer });
  const onQueue = () => ({ of: `/api/queues/${queue.id}/`, reader: lab.organizer });
  const setting = (json: object) => ({ ...onQueue(), method: "PATCH", path: `/api/queues/${queue.id}/`, json });
  const onCompetition = () => ({ of: `/api/competitions/${competition.id}/`, reader: lab.organizer });
  const onOrganization = () => ({ of: `/api/organizations/${organization.id}/`, reader: alice });
  const managing = (verb: string, json: object) => ({
    ...onOrganization(),
    method: "POST",
    path: `/api/organizations/${organization.id}/${verb}/`,
    json,
  });
  const onPlatform = () => ({ of: "/api/", reader: lab.admin });
  const makeToken = () =>
    expect<{ id: string }>(201, lab.organizer, "POST", `/api/queues/${queue.id}/tokens/`, { json: { name: "box" } });
  const placeOf = async (person: Person) =>
    (await expect<{ id: number; token: string; membership: number }[]>(200, person, "GET", "/api/organizations/")).find(
      ({ id }) => id === organization.id,
    )!;
  const taskOf = () => competition.phases[0]!.tasks[0]!.id;
  const fileOfTask = async () => {
    const task = await expect<{ scoring_program: { id: number; key: string } }>(
      200,
      lab.organizer,
      "GET",
      `/api/tasks/${taskOf()}/`,
    );
    return expect<{ id: number; key: string; name: string; is_public: boolean }>(
      200,
      lab.organizer,
      "GET",
      `/api/datasets/${task.scoring_program.key}/`,
    );
  };

  /** A job of the default queue that is in quarantine, with its submission. */
  async function quarantined() {
    const submission = await submit(alice, phaseOf(competition), Buffer.from("x"));
    let job = "";
    for (let i = 0; i < 3; i++) {
      const { attempt } = (await lab.claim())!;
      await failAttempt(lab.inside, jobOwners, attempt.id, {
        code: "WORKER_LOST",
        message: "The worker that ran this went silent.",
        step: null,
      });
      job = attempt.jobId;
    }
    const path = `/api/queues/${await defaultQueueId(lab.inside.db)}/`;
    return { submission, job, path, onDefaultQueue: { of: path, reader: lab.admin } };
  }
  const replayed = async () => {
    const { submission, job, path, onDefaultQueue } = await quarantined();
    return { submission, job, onDefaultQueue, method: "POST", path: `${path}quarantine/${job}/replay/` };
  };

  const changes: Record<string, () => Promise<Audited>> = {
    "queue.changed": async () => ({
      ...setting({ max_running: 2 }),
      subject: queue.id,
      before: { max_running: null },
      after: { max_running: 2 },
    }),
    "queue.drained": async () => ({
      ...setting({ accepts_jobs: false }),
      subject: queue.id,
      before: { accepts_jobs: true },
      after: { accepts_jobs: false },
    }),
    "queue.reopened": async () => ({
      ...setting({ accepts_jobs: true }),
      subject: queue.id,
      before: { accepts_jobs: false },
      after: { accepts_jobs: true },
    }),
    "queue.shared": async () => ({ ...setting({ organizers: [ids.bob] }), subject: ids.bob, before: null, after: {} }),
    "queue.unshared": async () => ({ ...setting({ organizers: [] }), subject: ids.bob, before: {}, after: null }),
    "worker_token.created": async () => ({
      ...onQueue(),
      method: "POST",
      path: `/api/queues/${queue.id}/tokens/`,
      json: { name: "box" },
      before: null,
      after: { name: "box" },
    }),
    "worker_token.revoked": async () => {
      const { id } = await makeToken();
      return {
        ...onQueue(),
        method: "DELETE",
        path: `/api/queues/${queue.id}/tokens/${id}/`,
        subject: id,
        before: { name: "box" },
        after: null,
      };
    },
    "registry_login.set": async () => ({
      ...onServedQueue(),
      method: "PUT",
      path: `/api/queues/${served.id}/registries/ghcr.io/`,
      json: { username: "robot", password: "secret" },
      subject: "ghcr.io",
      before: null,
      after: { username: "robot" },
    }),
    "registry_login.deleted": async () => ({
      ...onServedQueue(),
      method: "DELETE",
      path: `/api/queues/${served.id}/registries/ghcr.io/`,
      subject: "ghcr.io",
      before: { username: "robot" },
      after: null,
    }),
    "job.replayed": async () => {
      const { submission, job, onDefaultQueue, ...request } = await replayed();
      return { ...onDefaultQueue, ...request, subject: job, before: null, after: { submission } };
    },
    "submission.replayed": async () => {
      await lab.runAll({ failure: "PROGRAM_EXIT" });
      const { submission, method, path } = await replayed();
      return {
        ...onCompetition(),
        method,
        path,
        who: lab.admin,
        subject: submission,
        before: { status: "Failed" },
        after: { status: "Submitted" },
      };
    },
    "job.dropped": async () => {
      await lab.runAll({ failure: "PROGRAM_EXIT" });
      const { submission, job, path, onDefaultQueue } = await quarantined();
      return {
        ...onDefaultQueue,
        method: "DELETE",
        path: `${path}quarantine/${job}/`,
        subject: job,
        before: { submission },
        after: null,
      };
    },
    "organization.changed": async () => ({
      ...onOrganization(),
      method: "PATCH",
      path: `/api/organizations/${organization.id}/`,
      json: { location: "Bern" },
      subject: organization.id,
      before: { location: null },
      after: { location: "Bern" },
    }),
    "member.invited": async () => ({
      ...managing("invite_users", { users: [bob.username] }),
      subject: ids.bob,
      before: null,
      after: { group: "INVITED" },
    }),
    "member.joined": async () => {
      const { token } = await placeOf(bob);
      return {
        ...onOrganization(),
        method: "POST",
        path: "/api/organizations/invite_response/",
        json: { token },
        who: bob,
        subject: ids.bob,
        before: { group: "INVITED" },
        after: { group: "MEMBER" },
      };
    },
    "member.group_changed": async () => {
      const { membership } = await placeOf(bob);
      return {
        ...managing("update_member_group", { membership, group: "MANAGER" }),
        subject: ids.bob,
        before: { group: "MEMBER" },
        after: { group: "MANAGER" },
      };
    },
    "member.removed": async () => {
      const { membership } = await placeOf(bob);
      return {
        ...managing("delete_member", { membership }),
        method: "DELETE",
        subject: ids.bob,
        before: { group: "MANAGER" },
        after: null,
      };
    },
    "member.left": async () => {
      await join(organization, alice, bob);
      const { membership } = await placeOf(bob);
      return {
        ...managing("delete_member", { membership }),
        method: "DELETE",
        who: bob,
        subject: ids.bob,
        before: { group: "MEMBER" },
        after: null,
      };
    },
    "member.declined": async () => {
      await expect(200, alice, "POST", `/api/organizations/${organization.id}/invite_users/`, {
        json: { users: [bob.username] },
      });
      const { token } = await placeOf(bob);
      return {
        ...onOrganization(),
        method: "DELETE",
        path: "/api/organizations/invite_response/",
        json: { token },
        who: bob,
        subject: ids.bob,
        before: { group: "INVITED" },
        after: null,
      };
    },
    "user.created": async () => ({
      ...onPlatform(),
      method: "POST",
      path: "/api/users/",
      json: { username: "robot-1", email: "robot@example.org", password: "a long password", is_bot: true },
      before: null,
      after: { username: "robot-1", is_bot: true, is_superuser: false },
    }),
    "dataset.deleted": async () => {
      const key = await upload(lab.organizer, "reference_data", Buffer.from("x"));
      const { id, name } = await expect<{ id: number; name: string }>(
        200,
        lab.organizer,
        "GET",
        `/api/datasets/${key}/`,
      );
      const was = { key, type: "reference_data", name, created_by: await idOf(lab, lab.organizer) };
      return {
        ...onPlatform(),
        method: "DELETE",
        path: `/api/datasets/${id}/`,
        who: lab.organizer,
        subject: id,
        before: was,
        after: null,
      };
    },
    "dataset.downloaded": async () => {
      const { id, key, name } = await fileOfTask();
      return {
        ...onCompetition(),
        method: "GET",
        path: `/datasets/download/${key}/`,
        subject: id,
        before: null,
        after: { type: "scoring_program", name },
      };
    },
    "dataset.changed": async () => {
      const { id } = await fileOfTask();
      return {
        ...onCompetition(),
        method: "PATCH",
        path: `/api/datasets/${id}/`,
        json: { is_public: true },
        subject: id,
        before: { is_public: false },
        after: { is_public: true },
      };
    },
    "task.changed": async () => ({
      ...onCompetition(),
      method: "PATCH",
      path: `/api/tasks/${taskOf()}/`,
      json: { shared_with: [ids.bob] },
      subject: taskOf(),
      before: { shared_with: [] },
      after: { shared_with: [ids.bob] },
    }),
    "competition.dumped": async () => ({
      ...onCompetition(),
      method: "POST",
      path: `/api/competitions/${competition.id}/create_dump/`,
      json: { keys_instead_of_files: true },
      subject: competition.id,
      before: null,
      after: { keys_instead_of_files: true },
    }),
  };

  for (const [kind, prepare] of Object.entries(changes))
    it(`${kind}: who, what it was and is, and why, in the transaction of the change, and nothing of one that failed (A-110, A-112)`, async () => {
      const { of, reader, ...change } = await prepare();
      await assertAudited(lab, { kind, path: of, reader, stranger: eve }, change);
    });

  it("of a queue begins with queue.created and whom it is shared with; queue.deleted is the last, and superusers' to read (A-110, A-111)", async () => {
    const { id } = await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", {
      json: { name: "brief", organizers: [ids.bob], accepts_jobs: false },
    });
    const path = `/api/queues/${id}/`;
    const story = (await trailAt(path, bob)).results.reverse();
    assert.deepEqual(
      story.map(({ kind, subject }) => [kind, subject.id]),
      [
        ["queue.created", id],
        ["queue.drained", id],
        ["queue.shared", String(ids.bob)],
      ],
    );
    assert.equal(story[0]!.after!["name"], "brief");
    await expect(204, lab.organizer, "DELETE", path);
    assertRefused(await lab.organizer.send("GET", `${path}audit/`), 404, "NO_SUCH_QUEUE");
    assert.equal((await newestAt(path, lab.admin, "queue.deleted"))!.before!["name"], "brief");
  });

  it("of an organization begins with organization.created; organization.deleted names who was in it (A-110, A-111)", async () => {
    const own = await makeOrganization(alice, "Brief");
    const path = `/api/organizations/${own.id}/`;
    assert.deepEqual((await newestAt(path, alice, "organization.created"))!.after!["name"], "Brief");
    await join(own, alice, bob, "PARTICIPANT");
    await expect(200, alice, "DELETE", `${path}delete_organization/`);
    assertRefused(await alice.send("GET", `${path}audit/`), 404, "NO_SUCH_ORGANIZATION");
    const { before } = (await newestAt(path, lab.admin, "organization.deleted"))!;
    assert.deepEqual(before!["members"], [
      { user: ids.alice, group: "OWNER" },
      { user: ids.bob, group: "PARTICIPANT" },
    ]);
  });

  it("is read by who runs a queue, by owner and managers of an organization, and the platform's by superusers (A-111)", async () => {
    const places = [`/api/queues/${queue.id}/`, `/api/organizations/${organization.id}/`, "/api/"];
    for (const path of places) {
      const answer = await eve.send<{ code: string }>("GET", `${path}audit/`);
      assert.ok([403, 404].includes(answer.status), `${path}: ${answer.text}`);
      assertRefused(await lab.send("GET", `${path}audit/`), 403, "NOT_LOGGED_IN");
      assert.ok((await trailAt(path, lab.admin)).count > 0);
    }
    await join(organization, alice, bob, "PARTICIPANT");
    assertRefused(await bob.send("GET", `/api/organizations/${organization.id}/audit/`), 403, "NOT_ALLOWED");
    const { membership } = await placeOf(bob);
    await expect(200, alice, "POST", `/api/organizations/${organization.id}/update_member_group/`, {
      json: { membership, group: "MANAGER" },
    });
    assert.ok((await trailAt(`/api/organizations/${organization.id}/`, bob)).count > 0);
  });

  it("has the pages, filters and table of a competition's, and nothing of another place (A-111)", async () => {
    const path = `/api/queues/${queue.id}/`;
    const { results, count, next } = await trailAt(path, lab.organizer, "page_size=2&subject=worker_token");
    assert.ok(results.length === 2 && count > 2 && next!.includes("subject=worker_token"));
    const rest = await trailAt(path, lab.organizer, `before=${results[1]!.id}&subject=worker_token`);
    assert.equal(rest.count, count - 2);
    const { text, headers } = await lab.organizer.send("GET", `${path}audit/?format=csv`);
    assert.match(headers.get("content-type")!, /^text\/csv/);
    assert.equal(text.trimEnd().split("\r\n").length, (await trailAt(path, lab.organizer)).count + 1);
    const others = (await trailAt(`/api/organizations/${organization.id}/`, alice, "page_size=1000")).results;
    assert.ok(
      others.every(({ kind }) => /^(organization|member)\./.test(kind)),
      JSON.stringify(others.map(({ kind }) => kind)),
    );
  });

  it("tells nothing of downloads of what everybody or a participant may have, and nothing twice of a token that was revoked", async () => {
    const { key } = await fileOfTask();
    const count = async () =>
      (await trailAt(`/api/competitions/${competition.id}/`, lab.organizer, "kind=dataset.downloaded")).count;
    const before = await count();
    await expect(302, eve, "GET", `/datasets/download/${key}/`);
    assert.equal(await count(), before, "it was made public");
    const { id } = await makeToken();
    for (let i = 0; i < 2; i++) await expect(204, lab.organizer, "DELETE", `/api/queues/${queue.id}/tokens/${id}/`);
    assert.equal(
      (await trailAt(`/api/queues/${queue.id}/`, lab.organizer, `kind=worker_token.revoked&subject_id=${id}`)).count,
      1,
    );
  });
});
