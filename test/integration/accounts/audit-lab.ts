import assert from "node:assert/strict";
import { sql } from "kysely";
import { inDays, phase } from "../../support/competitions.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLab, twoTasks, type Lab } from "../support/lab.ts";

export interface Event {
  id: number;
  actor: { id: number; username: string } | null;
  kind: string;
  subject: { kind: string; id: string };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  reason: string | null;
}
export interface Page {
  count: number;
  next: string | null;
  results: Event[];
}

/** A request, and what it is to leave on the trail. */
export interface Change {
  method: string;
  path: string;
  json?: unknown;
  /** Who makes it, if not whoever reads the trail. */
  who?: Person;
  /** Left out where it is made by the change. */
  subject?: number | string;
  before: object | null;
  after: object | null;
}

export const trailAt = (path: string, who: Person, query = "") =>
  expect<Page>(200, who, "GET", `${path}audit/?${query}`);
export const newestAt = async (path: string, who: Person, kind: string) =>
  (await trailAt(path, who, `kind=${kind}&page_size=1`)).results[0];

/** Asks for a change with a reason. */
export const asked = (lab: Lab, { method, path, json }: Change, who: Person, reason: string) =>
  fetch(lab.url + path, {
    method,
    redirect: "manual",
    headers: {
      authorization: `Token ${who.token}`,
      "x-reason": encodeURIComponent(reason),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });

/** Lets no transaction commit that has added to the trail. */
async function failingAtCommit({ inside: { db } }: Lab, ask: () => Promise<void>): Promise<void> {
  await sql`create or replace function fail_at_commit() returns trigger language plpgsql as $$ begin raise exception 'a commit that fails, for a test'; end $$`.execute(
    db,
  );
  await sql`create constraint trigger fail_at_commit after insert on audit_events deferrable initially deferred for each row execute function fail_at_commit()`.execute(
    db,
  );
  try {
    await ask();
  } finally {
    await sql`drop trigger fail_at_commit on audit_events`.execute(db);
  }
}

/** Has a change made, and sees that the trail tells of it and of none that was refused or failed. `path` is of what it is of. */
export async function assertAudited(
  lab: Lab,
  { kind, path, reader, stranger }: { kind: string; path: string; reader: Person; stranger: Person },
  change: Change,
): Promise<void> {
  const who = change.who ?? reader;
  const last = await newestAt(path, reader, kind);
  assert.ok([403, 404].includes((await asked(lab, change, stranger, "mine")).status));
  await failingAtCommit(lab, async () => assert.equal((await asked(lab, change, who, "lost")).status, 500));
  assert.deepEqual(await newestAt(path, reader, kind), last, "nothing of what was refused or failed");

  const answer = await asked(lab, change, who, "weil’s stimmt: 100 %");
  assert.ok(answer.status < 400, await answer.text());
  const event = (await newestAt(path, reader, kind))!;
  assert.deepEqual(
    [event.actor?.username, event.before, event.after, event.reason],
    [who.username, change.before, change.after, "weil’s stimmt: 100 %"],
  );
  if (change.subject !== undefined) assert.equal(event.subject.id, String(change.subject));
  assert.notEqual(event.id, last?.id);
}

/** A lab with people and their ids by name, a competition with one phase, and one with two phases and tasks. */
export async function openAudited() {
  const lab = await openLab();
  const [alice, bob, eve] = (await Promise.all([lab.newPerson(), lab.newPerson(), lab.newPerson()])) as [
    Person,
    Person,
    Person,
  ];
  const ids = new Map<string, number>();
  const users = await lab.inside.db.selectFrom("users").select(["id", "username"]).execute();
  for (const { id, username } of users) ids.set(username, id);
  const factSheet = {
    fact_sheet: {
      method: {
        key: "method",
        type: "text",
        title: "Method",
        selection: "",
        is_required: "false",
        is_on_leaderboard: "false",
      },
    },
  };
  const competition = await lab.competition(
    { ...boardWithRule("Add_And_Delete"), ...factSheet, can_participants_make_submissions_public: true },
    alice,
  );
  const double = await lab.competition(
    {
      tasks: twoTasks.tasks,
      phases: [
        phase({ tasks: [0, 1], end: inDays(1) }),
        phase({ index: 1, name: "Next", start: inDays(2), tasks: [0, 1], auto_migrate_to_this_phase: true }),
      ],
    },
    alice,
  );
  return { lab, alice, bob, eve, ids, competition, double };
}
