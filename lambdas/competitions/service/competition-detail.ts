import { filesOfTasks, findCompetitionDetail, solutionsOfTasks, tasksOfPhases } from "../db/competitions.ts";
import { findDatasets, findDatasetsById } from "../db/datasets.ts";
import { findAllowance, type Allowance } from "../db/grants.ts";
import { findQueueRow } from "../../jobs/db/queues.ts";
import { may, type Actor, type CompetitionFacts } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { noSuchCompetition } from "./access.ts";
import { datasetsSeenBy, type SeenDataset } from "./dataset-lists.ts";
import { boardsSeenBy } from "./leaderboards.ts";
import { networkProblem } from "./network.ts";

export type { Allowance };
export type PhaseRow = NonNullable<Awaited<ReturnType<typeof findCompetitionDetail>>>["phases"][number];

/** A competition with all its parts, limited to what the viewer may see. The caller checks that they may see it. */
export async function competitionSeenBy(context: Context, viewer: Actor, id: number, facts: CompetitionFacts) {
  const { db } = context;
  const detail = await findCompetitionDetail(db, id);
  if (!detail) throw noSuchCompetition();
  const { competition, leaderboard, phases } = detail;
  const queueId = competition.queue_id;
  return {
    ...detail,
    phases: await phasesSeenBy(context, viewer, phases),
    leaderboards: boardsSeenBy(viewer, facts, leaderboard),
    queue: queueId === null ? undefined : await findQueueRow(db, queueId),
    networkProblem: await networkProblem(context, competition),
    isOrganizer: may(viewer, "competition.edit", facts),
    participation: facts.participation,
  };
}

export type SeenCompetition = Awaited<ReturnType<typeof competitionSeenBy>>;

/** Phases with their tasks and files, and with the viewer's limits and submissions. */
async function phasesSeenBy(context: Context, viewer: Actor, phases: PhaseRow[]) {
  const { db, now } = context;
  const tasks = await tasksOfPhases(
    db,
    phases.map((phase) => phase.id),
  );
  const taskIds = [...new Set(tasks.map((task) => task.id))];
  const files = await filesOfTasks(db, taskIds);
  const solutions = await solutionsOfTasks(db, taskIds);
  const ownFiles = phases.flatMap(({ public_data_id, starting_kit_id }) =>
    [public_data_id, starting_kit_id].filter((file) => file !== null),
  );
  const datasets = await datasetsSeenBy(context, viewer, [
    ...(await findDatasets(db, [...new Set(files.map(({ key }) => key))])),
    ...(await findDatasetsById(db, ownFiles)),
  ]);
  const byId = new Map(datasets.map((dataset) => [dataset.id, dataset]));
  const byKey = new Map(datasets.map((dataset) => [dataset.key, dataset]));
  const file = (id: number | null): SeenDataset | null => (id !== null && byId.get(id)) || null;
  const seen = [];
  for (const phase of phases)
    seen.push({
      phase,
      allowance: await findAllowance(db, phase, viewer.kind === "user" ? viewer.id : null, now()),
      publicData: file(phase.public_data_id),
      startingKit: file(phase.starting_kit_id),
      tasks: tasks
        .filter((task) => task.phase_id === phase.id)
        .map((task) => ({
          ...task,
          solutions: solutions.filter((solution) => solution.task_id === task.id),
          files: files.filter(({ task_id }) => task_id === task.id).flatMap(({ key }) => byKey.get(key) ?? []),
        })),
    });
  return seen;
}
