/** What people own in competitions: what keeps them from leaving, what is erased after them, and what an export says. */
import {
  competitionsCreatedBy,
  datasetsAfter,
  deleteUnusedDatasets,
  deleteUnusedTasks,
  endParticipation,
  forgetCreations,
  openSubmissionsOf,
  organizedCompetitions,
  participationsOf,
  submissionIdsAfter,
  tasksOf,
} from "../db/leaving.ts";
import { findSubmissions } from "../db/submissions.ts";
import { thePlatform } from "../../accounts/service/audit.ts";
import type { Belongings } from "../../accounts/service/belongings.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";
import { cancel } from "./cancel.ts";
import { deleteCompetition } from "./delete-competition.ts";
import { datasetPieces, submissionPieces } from "./exported-files.ts";
import { passOn } from "./hand-over.ts";
import { seenSubmissions, type SeenSubmission } from "./submissions.ts";

const batch = 200;

/** How the API shows a submission to somebody. */
export type ShowSubmission = (submission: SeenSubmission, viewer: UserActor) => unknown;

/** `show` is how the API shows submissions, so that an export says neither more nor less. */
export const competitionBelongings = (show: ShowSubmission): Belongings => ({
  async obstacles(db, userId) {
    const own = await competitionsCreatedBy(db, userId);
    return own
      .filter(({ has_others, successor }) => has_others && successor === null)
      .map(({ id, title }) => ({
        kind: "competition" as const,
        id,
        name: title,
        detail:
          "Others take part in it, and you are its only organizer. Hand it over, add another organizer, or delete it.",
      }));
  },

  async owned(db, userId) {
    const own = await competitionsCreatedBy(db, userId);
    return own.map(({ id, title, has_others, successor }) => {
      const fate = successor !== null ? `passes to user ${successor}` : has_others ? "stays" : "will be deleted";
      return `the competition "${title}" (${id}), which ${fate}`;
    });
  },

  async erase(context, userId) {
    await eraseCompetitions(context, userId);
    for (const submission of await openSubmissionsOf(context.db, userId))
      await cancel(context, thePlatform, submission);
    await transact(context, async (tx) => {
      await endParticipation(tx, userId);
      await deleteUnusedTasks(tx, userId);
    });
    while (await eraseSomeDatasets(context, userId));
    await transact(context, (tx) => forgetCreations(tx, userId));
  },

  documents: ({ db }, actor) => ({
    "organized-competitions": () => each(organizedCompetitions(db, actor.id)),
    participations: () => each(participationsOf(db, actor.id)),
    tasks: () => each(tasksOf(db, actor.id)),
    datasets: () => ownDatasets(db, actor.id),
    submissions: () => ownSubmissions({ db }, actor, show),
  }),

  async *files(context, actor, after) {
    const [kind, id] = (after ?? "submission:0").split(":") as [string, string];
    if (kind === "submission") yield* submissionPieces(context, actor, Number(id));
    yield* datasetPieces(context, actor, kind === "dataset" ? Number(id) : 0);
  },
});

/**
 * Passes the person's competitions on to another organizer, or deletes them if nobody else takes part. One that somebody joined at
 * the last moment stays: administrators can hand it over.
 */
async function eraseCompetitions(context: Context, userId: number): Promise<void> {
  for (const { id, has_others, successor } of await competitionsCreatedBy(context.db, userId))
    if (successor !== null) await passOn(context, id, { from: userId, to: successor });
    else if (!has_others) await deleteCompetition(context, thePlatform, id);
}

async function eraseSomeDatasets(context: Context, userId: number): Promise<boolean> {
  return transact(context, async (tx) => {
    const uploads = await deleteUnusedDatasets(tx, userId, batch);
    await enqueueErasure(tx, context, { jobIds: [], uploads });
    return uploads.length > 0;
  });
}

async function* each<Item>(items: Promise<Item[]>): AsyncIterable<Item> {
  yield* await items;
}

async function* ownDatasets(db: Context["db"], userId: number) {
  for (let after = 0; ;) {
    const some = await datasetsAfter(db, userId, after, batch);
    if (some.length === 0) return;
    for (const { object_key: _, ...dataset } of some) yield dataset;
    after = some.at(-1)!.id;
  }
}

async function* ownSubmissions({ db }: Pick<Context, "db">, actor: UserActor, show: ShowSubmission) {
  for (let after = 0; ;) {
    const ids = await submissionIdsAfter(db, actor.id, after, batch);
    if (ids.length === 0) return;
    for (const seen of await seenSubmissions({ db }, actor, await findSubmissions(db, ids))) yield show(seen, actor);
    after = ids.at(-1)!;
  }
}
