import { findAllowance, type Allowance } from "../db/grants.ts";
import { findFactSheet, findPhase, tasksOfPhases, type PhaseAndCompetition } from "../db/competitions.ts";
import { findDataset, holdDatasets, type Dataset } from "../db/datasets.ts";
import { lockLeaderboard } from "../db/leaderboards.ts";
import { findParticipant, type ParticipantStatus } from "../db/participants.ts";
import { findQueueAccess } from "../../jobs/db/queues.ts";
import { insertSubmission, lockParticipant, type NewSubmission } from "../db/submission-changes.ts";
import { findSubmission, type SubmissionRow } from "../db/submissions.ts";
import { checkAnswers, type Answers } from "../rules/fact-sheet-answers.ts";
import { canSubmit, tooLarge, type SubmissionAnswer } from "../rules/limits.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { namedIn, Refusal } from "../../kernel/refusal.ts";
import { requireNoMaintenance } from "../../accounts/service/maintenance.ts";
import { competitionFacts, noSuchPhase } from "./access.ts";
import { noSuchDataset, requireUpload } from "./datasets.ts";
import { insertRegistration } from "./participation.ts";
import { afterCommit, transact, type Context } from "../../kernel/context.ts";
import { planRuns, startRuns, type Run, type RunPlan } from "./runs.ts";
import { teamOf } from "../db/teams.ts";
import { submitFor } from "./teams.ts";

/** A phase of a competition that the actor may see. */
async function visiblePhase(context: Context, actor: UserActor, phaseId: number): Promise<PhaseAndCompetition> {
  const found = await findPhase(context.db, phaseId);
  if (!found) throw noSuchPhase();
  const facts = await competitionFacts(context, actor, found.competition);
  const isWelcomeRobot = actor.isBot && found.competition.allow_robot_submissions;
  if (!may(actor, "competition.view", facts) && !isWelcomeRobot) throw noSuchPhase();
  return found;
}

/**
 * Decides whether a person may submit to a phase now. If the competition allows robots, a robot that asks becomes an approved
 * participant.
 */
export async function submissionAnswer(
  context: Context,
  actor: UserActor,
  phaseId: number,
): Promise<SubmissionAnswer & { phase: PhaseAndCompetition; allowance: Allowance }> {
  const found = await visiblePhase(context, actor, phaseId);
  if (actor.isBot && found.competition.allow_robot_submissions) await welcomeRobot(context, actor, found.competition);
  const participant = await findParticipant(context.db, found.competition.id, actor.id);
  const allowance = await findAllowance(context.db, found.phase, actor.id, context.now());
  return { ...decide(context, actor, found, participant?.status ?? null, allowance), phase: found, allowance };
}

/**
 * Decides, like `submissionAnswer`, whether a person may submit a file of `bytes` bytes to some tasks of a phase now, or to
 * all if `tasks` is empty.
 */
export async function fileAnswer(context: Context, actor: UserActor, phaseId: number, bytes: number, tasks: number[]) {
  const answer = await submissionAnswer(context, actor, phaseId);
  if (!answer.can) return answer;
  const no = (code: string, reason: string) => ({ ...answer, can: false as const, code, reason });
  try {
    const plan = await planRuns(context, answer.phase, await chosenTasks(context, phaseId, tasks), null);
    const problem = sizeProblem(bytes, answer.phase, plan);
    return problem === undefined ? answer : no("SUBMISSION_TOO_LARGE", problem);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return no(error.code, error.message);
  }
}

/** Ids of the tasks of a phase that a request names; of all its tasks if it names none. Refused for other tasks. */
async function chosenTasks({ db }: Context, phaseId: number, named: number[]): Promise<number[]> {
  const tasks = (await tasksOfPhases(db, [phaseId])).map(({ id }) => id);
  const foreign = named.filter((id) => !tasks.includes(id));
  if (foreign.length > 0) {
    const message = `Task ${foreign.join(", ")} is not part of this phase.`;
    throw new Refusal("invalid", "TASK_NOT_IN_PHASE", message, { tasks: [message] });
  }
  return tasks.filter((id) => named.length === 0 || named.includes(id)).sort((a, b) => a - b);
}

const sizeProblem = (bytes: number, { phase }: PhaseAndCompetition, { maxSubmissionBytes }: RunPlan) =>
  tooLarge(bytes, { phaseMegabytes: phase.max_submission_size, queueBytes: maxSubmissionBytes });

/** Makes a robot an approved participant, unless it is one or an organizer has decided otherwise. */
async function welcomeRobot(context: Context, actor: UserActor, competition: { id: number }): Promise<void> {
  const participant = await findParticipant(context.db, competition.id, actor.id);
  if (participant && participant.status !== "left") return;
  await requireNoMaintenance(context);
  await transact(context, (tx) => insertRegistration(tx, { actor, reason: null }, competition, "approved"));
}

function decide(
  { now }: Context,
  actor: UserActor,
  { phase, competition }: PhaseAndCompetition,
  participation: ParticipantStatus | null,
  { limits, counts }: Allowance,
): SubmissionAnswer {
  return canSubmit({
    now: now(),
    phase: { start: phase.starts_at, end: phase.ends_at },
    acceptsSubmissions: phase.accepts_submissions,
    limits,
    counts,
    participation,
    isBot: actor.isBot,
    robotsAllowed: competition.allow_robot_submissions,
    isOrganizer:
      actor.isSuperuser || competition.created_by === actor.id || competition.collaborators.includes(actor.id),
  });
}

/** Keeps a file from being deleted until the transaction ends. Refused if it already was. */
async function holdFile(tx: Tx, datasetId: number): Promise<void> {
  if ((await holdDatasets(tx, [datasetId])).length === 0) throw noSuchDataset();
}

export interface SubmissionRequest {
  phase: number;
  /** Key of the dataset with the submitted file. */
  data: string;
  /** Ids of tasks of the phase. Empty means all. */
  tasks: number[];
  factSheetAnswers: Answers | null;
  /** Id of the queue to use instead of the competition's. Only organizers may set it. */
  queue: string | null;
  /** Id of the organization to submit for. */
  organization: number | null;
}

/**
 * Accepts a submission in one transaction: checks the limits, creates a job per task and announces the jobs. With
 * several tasks it becomes a parent with a child per task.
 */
export async function submit(context: Context, actor: UserActor, request: SubmissionRequest): Promise<SubmissionRow> {
  const answer = await namedIn("phase", submissionAnswer(context, actor, request.phase));
  if (!answer.can) throw refused(answer);
  const { phase, competition } = answer.phase;

  const tasks = await chosenTasks(context, phase.id, request.tasks);
  requireValidAnswers(await findFactSheet(context.db, competition.id), request.factSheetAnswers);
  if (request.queue !== null) await requireQueue(context, actor, answer.phase, request.queue);

  const named = await namedIn("data", submittedDataset(context, actor, request.data));
  if (named.type !== "submission") {
    const message = `Dataset ${named.key} is a ${named.type}, not a submission.`;
    throw new Refusal("invalid", "NOT_A_SUBMISSION", message, { data: [message] });
  }
  const dataset = await requireUpload(context, named);

  const participant = await findParticipant(context.db, competition.id, actor.id);
  const plan = await planRuns(context, answer.phase, tasks, request.queue);
  const problem = sizeProblem(dataset.file_size, answer.phase, plan);
  if (problem !== undefined) throw new Refusal("invalid", "SUBMISSION_TOO_LARGE", problem, { data: [problem] });

  const submissionId = await transact(context, async (tx) => {
    // Somebody who joins a team changes its row on the leaderboard, which is locked before participants.
    if (competition.teams_share_limits && request.organization !== null && !(await teamOf(tx, participant!.id)))
      await lockLeaderboard(tx, competition.id, "update");
    const participation = (await lockParticipant(tx, participant!.id)) ?? null;
    await submitFor(tx, actor, participant!.id, competition, request.organization);
    const allowance = await findAllowance(tx, phase, actor.id, context.now());
    const again = decide(context, actor, answer.phase, participation, allowance);
    if (!again.can) throw refused(again);
    await namedIn("data", holdFile(tx, dataset.id));
    const { id, runs, parents } = await insertFamily(tx, tasks, dataset.object_key, {
      phaseId: phase.id,
      ownerId: actor.id,
      participantId: participant!.id,
      organizationId: request.organization,
      dataId: dataset.id,
      factSheetAnswers: request.factSheetAnswers,
      queueId: request.queue,
    });
    afterCommit(tx, () =>
      context.log.info("submission.accepted", { submission: id, phase: phase.id, participant: participant!.id }),
    );
    if (competition.auto_run_submissions) await startRuns(tx, context, plan, runs, parents);
    return id;
  });
  return (await findSubmission(context.db, submissionId))!;
}

/** A new submission with its runs, ready to start. */
export interface Family {
  id: number;
  runs: Run[];
  /** Ids of parents, which have no run of their own. */
  parents: number[];
}

/** Stores a submission on some tasks, as a parent with children if there are several. `startRuns` starts it. */
export async function insertFamily(
  tx: Tx,
  tasks: number[],
  dataKey: string,
  submission: Omit<NewSubmission, "taskId" | "parentId" | "hasChildren">,
): Promise<Family> {
  const { ownerId } = submission;
  const [only, ...others] = tasks;
  if (only !== undefined && others.length === 0) {
    const id = await insertSubmission(tx, { ...submission, taskId: only, parentId: null, hasChildren: false });
    return { id, runs: [{ submissionId: id, taskId: only, ownerId, dataKey }], parents: [] };
  }
  const id = await insertSubmission(tx, { ...submission, taskId: null, parentId: null, hasChildren: true });
  const runs: Run[] = [];
  for (const taskId of tasks) {
    const child = {
      ...submission,
      migratedFromId: null,
      firstRunId: null,
      isKeptOff: false,
      taskId,
      parentId: id,
      hasChildren: false,
    };
    runs.push({ submissionId: await insertSubmission(tx, child), taskId, ownerId, dataKey });
  }
  return { id, runs, parents: [id] };
}

async function submittedDataset({ db }: Context, actor: UserActor, key: string): Promise<Dataset> {
  const dataset = await findDataset(db, key);
  if (!dataset || dataset.created_by !== actor.id) throw noSuchDataset();
  return dataset;
}

const refused = (answer: Extract<SubmissionAnswer, { can: false }>) =>
  new Refusal("forbidden", answer.code, answer.reason);

/**
 * Refuses answers that do not match the questions. Omitting all answers is allowed, because submission scripts send
 * none.
 */
export function requireValidAnswers(questions: Parameters<typeof checkAnswers>[0], answers: Answers | null): void {
  const problems = checkAnswers(questions, answers);
  if (problems.length > 0)
    throw new Refusal("invalid", "BAD_FACT_SHEET", problems.join(" "), {
      fact_sheet_answers: problems,
      non_field_errors: problems,
    });
}

/** Refuses another queue unless the actor is an organizer and may use that queue. */
async function requireQueue(context: Context, actor: UserActor, { competition }: PhaseAndCompetition, queueId: string) {
  const queue = await findQueueAccess(context.db, queueId);
  if (!queue || !may(actor, "queue.use", queue)) {
    const message = "There is no queue with this id that you may use.";
    throw new Refusal("invalid", "NO_SUCH_QUEUE", message, { queue: [message] });
  }
  if (!may(actor, "competition.edit", await competitionFacts(context, actor, competition)))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only organizers can choose the queue of a submission.");
}
