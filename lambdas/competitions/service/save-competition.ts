import {
  lockCompetition,
  setCollaborators,
  updateCompetition,
  updatePlatformSettings,
  type PlatformSettings,
} from "../db/change-competition.ts";
import { auditedCompetition } from "../../accounts/db/audit.ts";
import {
  tasksOfPhases,
  togglePublished as togglePublishedRow,
  type findCompetitionDetail,
} from "../db/competitions.ts";
import { findDatasets, findDatasetsById } from "../db/datasets.ts";
import { approveParticipants } from "../db/participants.ts";
import { findQueueAccess } from "../../jobs/db/queues.ts";
import { insertCompetition } from "../db/store-competition.ts";
import { tasksByKey } from "../db/tasks.ts";
import { competitionEvents, publication } from "../../accounts/rules/audit.ts";
import type { CompetitionDescription, FileSource } from "../rules/competition.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { noSuchCompetition } from "./access.ts";
import { followBoardSettings, lockBoardSettings } from "./board-settings.ts";
import { record, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import type { CompetitionForm, ReadForm } from "../rules/competition-form.ts";
import { readForm } from "./read-form.ts";
import { knownIds, requireEmpty, requireNoScores } from "./kept-parts.ts";
import { enqueueErasure } from "../../jobs/service/erase.ts";
import { objectsOfLogo, withStoredLogo, type NamedPicture } from "../../accounts/service/images.ts";
import { requirePeople } from "../../accounts/service/people.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { requireNotWithheld } from "./moderation.ts";
import { runOnNewTasksLater } from "./new-tasks.ts";

type Detail = NonNullable<Awaited<ReturnType<typeof findCompetitionDetail>>>;

/**
 * Settings that are saved with a form but are not part of bundles, and the logo: null removes it, undefined keeps it.
 */
export interface SavedWithForm extends PlatformSettings {
  collaborators: number[];
  logo: NamedPicture | null | undefined;
}

/** Publishes a competition or unpublishes it. Returns whether it is published now. */
export async function togglePublished(context: Context, by: Author, id: number): Promise<boolean> {
  return transact(context, async (tx) => {
    // A withheld competition is not published.
    await requireNotWithheld(tx, id);
    const published = await togglePublishedRow(tx, id);
    await record(tx, by, publication(id, published));
    return published;
  });
}

/** Creates a competition from a form. Returns its id, and warnings about the form. */
export async function createCompetition(
  context: Context,
  by: UserAuthor,
  form: CompetitionForm,
  extra: SavedWithForm,
): Promise<{ id: number; warnings: string[] }> {
  const { actor } = by;
  const read = readForm(form);
  const references = await resolve(context, actor, read, null);
  await requirePeople(context, "collaborators", extra.collaborators);
  const id = await withStoredLogo(context, extra.logo, (logo) =>
    transact(context, async (tx) => {
      const id = await insertCompetition(tx, actor.id, read.description, {
        logo,
        terms: form.terms ?? "",
        pages: form.pages.map(({ title, content }) => ({ title, content })),
        datasets: references.datasets,
        existingTasks: references.tasksByKey,
        existingSolutions: new Map(),
        solutionMd5s: new Map(),
        bundleDatasetId: null,
      });
      await record(tx, by, {
        place: { competition: id },
        kind: "competition.created",
        subject: id,
        before: null,
        after: { title: form.title },
      });
      const created = await auditedCompetition(tx, id);
      await savePlatformSettings(tx, id, extra);
      await record(tx, by, ...competitionEvents(id, created, await auditedCompetition(tx, id)));
      return id;
    }),
  );
  return { id, warnings: read.warnings };
}

/**
 * Changes a competition to match a form: parts with ids are updated, parts without are added, and parts that are
 * missing are deleted. `before` is the competition that the form was made from; refused (CHANGED_MEANWHILE) if it has
 * changed since. Also refused if a phase with submissions or scores of programs would be deleted. If a phase gets more
 * tasks, submissions to several tasks run on the new ones. Returns warnings about the form.
 */
export async function changeCompetition(
  context: Context,
  by: UserAuthor,
  before: Detail,
  form: CompetitionForm,
  extra: SavedWithForm,
): Promise<string[]> {
  const { id, version } = before.competition;
  const read = readForm(form);
  const ids = knownIds(before, form, read);
  const references = await resolve(context, by.actor, read, before);
  await requirePeople(context, "collaborators", extra.collaborators);
  await withStoredLogo(context, extra.logo, (logo) =>
    transact(context, async (tx) => {
      const found = await lockCompetition(tx, id);
      if (found === undefined) throw noSuchCompetition();
      if (found !== version) throw changedMeanwhile();
      await requireEmpty(tx, before, ids);
      const was = await auditedCompetition(tx, id);
      const boardSettings = await lockBoardSettings(tx, id);
      await requireNoScores(tx, before, ids);
      const added = await updateCompetition(tx, id, {
        description: read.description,
        terms: form.terms ?? "",
        pages: form.pages.map(({ title, content }) => ({ title, content })),
        logo,
        datasets: references.datasets,
        tasks: references.tasksByIndex,
        ids,
      });
      await savePlatformSettings(tx, id, extra);
      await record(tx, by, ...competitionEvents(id, was, await auditedCompetition(tx, id)));
      await followBoardSettings(tx, by, id, boardSettings);
      if (extra.logo !== undefined)
        await enqueueErasure(tx, context, { jobIds: [], uploads: objectsOfLogo(before.competition) });
      for (const { phaseId, taskIds } of added) await runOnNewTasksLater(tx, context, phaseId, taskIds);
    }),
  );
  return read.warnings;
}

const changedMeanwhile = () =>
  new Refusal("conflict", "CHANGED_MEANWHILE", "Somebody else changed this competition at the same time. Try again.");

async function savePlatformSettings(
  tx: Tx,
  id: number,
  { collaborators, logo: _, ...settings }: SavedWithForm,
): Promise<void> {
  if (settings.published) await requireNotWithheld(tx, id);
  await updatePlatformSettings(tx, id, settings);
  await setCollaborators(tx, id, collaborators);
  await approveParticipants(tx, id, collaborators);
}

/**
 * Looks up the tasks, datasets and queue of a form. Each must be usable by the actor or already be part of the
 * competition.
 */
async function resolve(context: Context, actor: UserActor, { description }: ReadForm, before: Detail | null) {
  const { db } = context;
  const problems: Record<string, string[]> = {};
  const usedTasks = before
    ? await tasksOfPhases(
        db,
        before.phases.map(({ id }) => id),
      )
    : [];
  const named = description.tasks.flatMap((task) => ("key" in task ? [task] : []));
  const found = new Map(
    (
      await tasksByKey(
        db,
        named.map(({ key }) => key),
      )
    ).map((task) => [task.key, task]),
  );
  const tasksByIndex = new Map<string | number, number>();
  const byKey = new Map<string, number>();
  for (const { index, key } of named) {
    const task = found.get(key);
    if (!task || !(may(actor, "task.use", task) || usedTasks.some(({ id }) => id === task.id)))
      (problems["tasks"] ??= []).push(`There is no task with the key ${key} that you may use.`);
    else {
      tasksByIndex.set(index, task.id);
      byKey.set(key, task.id);
    }
  }
  const datasets = await resolveDatasets(context, actor, description, before, problems);
  if (description.queue !== null && description.queue !== before?.competition.queue_id) {
    const queue = await findQueueAccess(db, description.queue);
    if (!queue || !may(actor, "queue.use", queue))
      problems["queue"] = ["There is no queue with this id that you may use."];
  }
  const [first] = Object.entries(problems);
  if (first) throw new Refusal("invalid", "INVALID", `${first[0]}: ${first[1][0]}`, problems);
  return { tasksByIndex, tasksByKey: byKey, datasets };
}

async function resolveDatasets(
  { db }: Context,
  actor: UserActor,
  { phases }: CompetitionDescription,
  before: Detail | null,
  problems: Record<string, string[]>,
): Promise<Map<FileSource, number>> {
  const sources = phases.flatMap((phase, index) =>
    (["publicData", "startingKit"] as const).flatMap((role) => {
      const source = phase[role];
      const field = `phases[${index}].${role === "publicData" ? "public_data" : "starting_kit"}`;
      return source?.from === "dataset" ? [{ source, field }] : [];
    }),
  );
  const usedIds = (before?.phases ?? []).flatMap(({ public_data_id, starting_kit_id }) => [
    public_data_id,
    starting_kit_id,
  ]);
  const used = await findDatasetsById(
    db,
    usedIds.filter((id) => id !== null),
  );
  const found = new Map(
    (
      await findDatasets(
        db,
        sources.map(({ source }) => source.key),
      )
    ).map((d) => [d.key, d]),
  );
  const ids = new Map<FileSource, number>();
  for (const { source, field } of sources) {
    const dataset = found.get(source.key);
    if (!dataset || !(may(actor, "dataset.use", dataset) || used.some(({ id }) => id === dataset.id)))
      (problems[field] ??= []).push(`You have no dataset with the key ${source.key}, and no public dataset has it.`);
    else ids.set(source, dataset.id);
  }
  return ids;
}
