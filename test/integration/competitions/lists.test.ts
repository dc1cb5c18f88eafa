/** Lists read rows by an index, however many rows there are of other people. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { listDatasets, listPublicDatasets } from "../../../lambdas/competitions/db/datasets.ts";
import { pageOfCompetitions } from "../../../lambdas/competitions/db/competition-lists.ts";
import { leaderboardEntries } from "../../../lambdas/competitions/db/leaderboards.ts";
import { pageOfParticipants } from "../../../lambdas/competitions/db/participants.ts";
import {
  countByStatus,
  listSubmissions,
  type SubmissionFilter,
} from "../../../lambdas/competitions/db/submission-lists.ts";
import { pageOfServerStatus } from "../../../lambdas/competitions/db/server-status.ts";
import { listTasks } from "../../../lambdas/competitions/db/tasks.ts";
import { listQueues } from "../../../lambdas/jobs/db/queues.ts";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import { openFilledDatabase, type FilledDatabase } from "../support/filled-database.ts";

/** 2,000 people and 200 competitions of two phases. Each person made 20 submissions and 10 datasets. */
const rows = `
insert into users (username, email, password_hash)
  select 'person' || n, 'person' || n || '@example.org', 'x' from generate_series(1, 2000) n;
insert into queues (name, sqs_name, owner_id) select 'queue ' || n, 'queue-' || n, n from generate_series(1, 2000) n;
insert into competitions (title, docker_image, created_by, published)
  select 'Competition ' || n, 'image', n, true from generate_series(1, 200) n;
insert into phases (competition_id, index, name, starts_at, execution_time_limit)
  select c.id, n, 'Phase ' || n, now(), 60 from competitions c, generate_series(0, 1) n order by c.id, n;
insert into leaderboards (competition_id, title, key, submission_rule) select id, 'Board', 'board', 'Force_Last' from competitions;
insert into leaderboard_columns (leaderboard_id, index, title, key, sorting, precision, hidden)
  select id, 0, 'Accuracy', 'accuracy', 'desc', 2, false from leaderboards;
insert into datasets (created_by, type, name, file_name, object_key)
  select u.id, 'submission', 'data ' || n, 'data.zip', 'key' from users u, generate_series(1, 10) n order by u.id, n;
update datasets set is_public = true, type = 'public_data' where id % 100 = 0;
insert into tasks (name, created_by) select 'Task ' || n, u.id from users u, generate_series(1, 5) n order by u.id, n;
update tasks set is_public = true where id % 100 = 0;
insert into phase_tasks (phase_id, task_id, order_index) select id, id, 0 from phases;
insert into participants (competition_id, user_id, status)
  select (u.id + n * 7) % 200 + 1, u.id, 'approved' from users u, generate_series(1, 10) n;
insert into submissions (phase_id, owner_id, participant_id, task_id, status, on_leaderboard, data_id)
  select p.id, pa.user_id, pa.id, p.id, case when n = 1 then 'Failed' else 'Finished' end, n = 2, pa.user_id * 10
    from participants pa join phases p on p.competition_id = pa.competition_id and p.index = 0, generate_series(1, 2) n
    order by pa.user_id, n;
insert into submission_scores (submission_id, column_id, score)
  select s.id, lc.id, 0.5 from submissions s join phases p on p.id = s.phase_id
    join leaderboards l on l.competition_id = p.competition_id join leaderboard_columns lc on lc.leaderboard_id = l.id
    where s.status = 'Finished';
`;

const big = ["submissions", "submission_scores", "datasets", "participants", "tasks", "queues"];

describe("a list", () => {
  let filled: FilledDatabase;
  let db: Db;
  beforeAll(async () => {
    filled = await openFilledDatabase(rows, big);
    ({ db } = filled);
  });
  afterAll(() => filled.close());

  const byIndex: FilledDatabase["byIndex"] = (list) => filled.byIndex(list);

  const everything: SubmissionFilter = {
    viewerId: 1500,
    viewerIsSuperuser: false,
    viewerIsBot: false,
    statuses: [],
    withSoftDeleted: false,
    withChildren: false,
    order: { field: "id", descending: true },
  };
  const part = { offset: 0, limit: 50 };

  it("of one's own submissions reads those, and counts them by status (A-200)", async () => {
    const [listed, counts] = await byIndex(async () => [
      await listSubmissions(db, everything, part),
      await countByStatus(db, everything),
    ]);
    assert.deepEqual([listed.length, Object.fromEntries(counts)], [20, { Failed: 10, Finished: 10 }]);
  });

  it("of the submissions to one's competition reads those, and a page of them in any order (A-200)", async () => {
    const organizer = { ...everything, viewerId: 30, competition: 30 };
    for (const field of ["id", "owner", "status", "finished_when"] as const) {
      const order = { field, descending: false };
      // So many rows may be worth reading a whole table.
      const all = await listSubmissions(db, { ...organizer, order }, { offset: 0, limit: 1000 });
      const page = await byIndex(() => listSubmissions(db, { ...organizer, order }, { offset: 50, limit: 50 }));
      assert.deepEqual(
        page.map(({ id }) => id),
        all.slice(50, 100).map(({ id }) => id),
      );
      assert.ok(all.every(({ competition_id, organized }) => competition_id === 30 && organized));
    }
    const failed = await byIndex(() => listSubmissions(db, { ...organizer, statuses: ["Failed"] }, part));
    assert.ok(failed.length > 0 && failed.every(({ status }) => status === "Failed"));
    const owner = failed[0]!.owner.toUpperCase();
    const own = await byIndex(() => listSubmissions(db, { ...organizer, owner }, part));
    assert.ok(own.length > 0 && own.every((one) => one.owner === failed[0]!.owner));
  });

  it("of all submissions for superusers, and of a leaderboard for everybody, reads a page by an index (A-200)", async () => {
    const all = await byIndex(() => listSubmissions(db, { ...everything, viewerIsSuperuser: true }, part));
    assert.equal(all.length, 50);
    const visitor = { ...everything, viewerId: null, phase: 1 };
    const seen = await byIndex(() => listSubmissions(db, visitor, part));
    const entries = await byIndex(() => leaderboardEntries(db, 1));
    assert.ok(seen.length > 0 && seen.every(({ on_leaderboard }) => on_leaderboard) && entries.length >= seen.length);
  });

  it("of submissions and where they run reads a page by an index (A-240)", async () => {
    const all = { statuses: [], withChildren: false };
    const person = { id: 30, isSuperuser: false };
    const own = await byIndex(() => pageOfServerStatus(db, { ...all, viewer: person }, part));
    assert.equal(own.count, 220);
    const failed = await byIndex(() =>
      pageOfServerStatus(db, { ...all, viewer: { id: 1, isSuperuser: true }, statuses: ["Cancelled"] }, part),
    );
    assert.equal(failed.count, 0);
  });

  it("of datasets, tasks, queues, participants or competitions reads by an index (A-200)", async () => {
    const newest = { field: "id", descending: true } as const;
    const datasets = await byIndex(() =>
      listDatasets(db, { ownerId: 1500, includePublic: true, order: newest }, { offset: 0, limit: 10 }),
    );
    const published = await byIndex(() =>
      listPublicDatasets(db, { ordering: "most_downloaded", hasLicense: false, isVerified: false }, part),
    );
    const tasks = await byIndex(() => listTasks(db, { userId: 1500, includePublic: true, order: newest }, part));
    const queues = await byIndex(() =>
      listQueues(
        db,
        { viewer: { id: 1500, isSuperuser: false }, includePublic: false, order: { field: "name", descending: false } },
        part,
      ),
    );
    const people = await byIndex(() =>
      pageOfParticipants(db, 30, { statuses: ["pending"] }, { field: "joined_when", descending: true }, part),
    );
    const competitions = await byIndex(() =>
      pageOfCompetitions(
        db,
        { userId: 1500, seesEverything: false, type: "any", mine: false, participating: true },
        { field: "title", descending: false },
        part,
      ),
    );
    assert.deepEqual(
      [datasets.count, published.count, tasks.count, queues.count, people.count, people.counts, competitions.count],
      // Of the public ones, one dataset and one task are the person's own.
      [209, 200, 104, 1, 0, { approved: 100 }, 10],
    );
  });
});
