/** Lets organizers read, change, delete and migrate single phases. */
import { findCompetitionDetail, tasksOfPhases } from "../db/competitions.ts";
import { submissionsToMigrate } from "../db/reruns.ts";
import { findSubmissions } from "../db/submissions.ts";
import { isFinalPhase } from "../rules/phase-status.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { phaseFor } from "./access.ts";
import type { PhaseForm } from "../rules/competition-form.ts";
import { datasetNamed } from "./datasets.ts";
import { editCompetition } from "./edit-competition.ts";
import { migratePhase } from "./migrate.ts";

/** A phase with all details for its organizers. */
export async function organizedPhase(context: Context, actor: UserActor, id: number) {
  const { phase } = await phaseFor(context, actor, id, "competition.edit");
  const detail = await findCompetitionDetail(context.db, phase.competition_id);
  const phases = detail?.phases ?? [];
  const tasks = await tasksOfPhases(context.db, [id]);
  return {
    phase,
    /** All phases of the competition. */
    phases,
    isFinal: isFinalPhase(phase, phases),
    taskKeys: tasks.map(({ key }) => key),
    leaderboardId: detail?.leaderboard?.id ?? null,
  };
}

/** Changes of a phase. A file is named by its dataset's key, as in the form of a competition, or by its id. */
export interface PhaseChanges extends Partial<Omit<PhaseForm, "public_data" | "starting_kit">> {
  public_data?: string | number | null | undefined;
  starting_kit?: string | number | null | undefined;
}

/** Changes a phase. Omitted fields do not change. Returns warnings about the changes. */
export async function changePhase(
  context: Context,
  by: UserAuthor,
  id: number,
  changes: PhaseChanges,
): Promise<string[]> {
  const { phase, phases } = await organizedPhase(context, by.actor, id);
  const change = {
    ...changes,
    public_data: await keyOf(context, "public_data", changes.public_data),
    starting_kit: await keyOf(context, "starting_kit", changes.starting_kit),
  };
  const changed = phases.map((other) => (other.id === id ? { ...change, ...unchanged(other) } : unchanged(other)));
  return editCompetition(context, by, phase.competition_id, { phases: changed });
}

/** Deletes a phase. Refused when it has submissions. */
export async function deletePhase(context: Context, by: UserAuthor, id: number): Promise<void> {
  const { phase, phases } = await organizedPhase(context, by.actor, id);
  const others = phases.filter((other) => other.id !== id);
  await editCompetition(context, by, phase.competition_id, { phases: others.map(unchanged) });
}

/** A phase and the one that follows it. Refused if none does. */
async function withNextPhase(context: Context, actor: UserActor, id: number) {
  const { phase, competition } = await phaseFor(context, actor, id, "competition.rerun");
  const detail = await findCompetitionDetail(context.db, competition.id);
  const next = detail?.phases.find(({ index }) => index === phase.index + 1);
  if (!next) throw new Refusal("invalid", "NO_NEXT_PHASE", "No phase follows this one.");
  return { phase, next };
}

/** What `migrateToNextPhase` would copy now: a page of it, the number of all, and the phase that gets it. */
export async function migrationPreview(context: Context, actor: UserActor, id: number, part: Part) {
  const { phase, next } = await withNextPhase(context, actor, id);
  const ids = await submissionsToMigrate(context.db, phase.id, next.id);
  const shown = await findSubmissions(context.db, ids.slice(part.offset, part.offset + part.limit));
  const tasks = (await tasksOfPhases(context.db, [next.id])).map(({ name }) => name);
  return { next, tasks, count: ids.length, rows: shown.toSorted((a, b) => a.id - b.id) };
}

/** Copies the leaderboard entries of a phase to the next phase and runs them there. Returns the number of copies. */
export async function migrateToNextPhase(context: Context, by: UserAuthor, id: number): Promise<number> {
  const { phase, next } = await withNextPhase(context, by.actor, id);
  return migratePhase(context, by, phase.id, next.id);
}

/** A phase in a form that does not change. */
const unchanged = ({ id }: { id: number }) => ({ id });

/** Replaces the id of a file in a request by its key. */
async function keyOf(context: Context, field: string, named: PhaseChanges["public_data"]) {
  if (typeof named !== "number") return named;
  const dataset = await datasetNamed(context, named);
  if (dataset) return dataset.key;
  const message = `There is no dataset ${named}.`;
  throw new Refusal("invalid", "NO_SUCH_DATASET", message, { [field]: [message] });
}
