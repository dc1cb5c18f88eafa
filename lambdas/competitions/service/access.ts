/**
 * Collects the facts that policy decisions need, and applies the policy. What a user may not see is reported as not
 * found.
 */
import {
  findCompetitionAccess,
  findPhase,
  type CompetitionAccess,
  type PhaseAndCompetition,
} from "../db/competitions.ts";
import { findParticipant } from "../db/participants.ts";
import { findSubmission, findSubmissions, type SubmissionRow } from "../db/submissions.ts";
import { may, type Action, type Actor, type CompetitionFacts, type SubmissionFacts } from "../../policy/policy.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { possibleOf, type Skipped } from "./many.ts";

export type { CompetitionAccess } from "../db/competitions.ts";

/** Returns the competition's properties and the actor's role in it, as the policy needs them. */
export async function competitionFacts(
  { db }: Pick<Context, "db">,
  actor: Actor,
  competition: Omit<CompetitionFacts, "participation" | "givenKey"> & { id: number },
  givenKey: string | null = null,
): Promise<CompetitionFacts> {
  const participant = actor.kind === "user" ? await findParticipant(db, competition.id, actor.id) : undefined;
  return { ...competition, participation: participant?.status ?? null, givenKey };
}

export const noSuchCompetition = () => new Refusal("not-found", "NO_SUCH_COMPETITION", "There is no such competition.");

/** Finds a competition that the actor may see, with its facts. */
export async function visibleCompetition(
  context: Context,
  actor: Actor,
  id: number,
  givenKey: string | null = null,
): Promise<{ competition: CompetitionAccess; facts: CompetitionFacts }> {
  const { competition, facts, onlyRequest } = await competitionOrRequest(context, actor, id, givenKey);
  if (onlyRequest) throw noSuchCompetition();
  return { competition, facts };
}

/**
 * Like `visibleCompetition`, but also finds a competition of which the actor may only know that they asked to
 * participate (`onlyRequest`).
 */
export async function competitionOrRequest(context: Context, actor: Actor, id: number, givenKey: string | null) {
  const competition = await findCompetitionAccess(context.db, id);
  if (!competition) throw noSuchCompetition();
  const facts = await competitionFacts(context, actor, competition, givenKey);
  const onlyRequest = !may(actor, "competition.view", facts);
  if (onlyRequest && !may(actor, "competition.viewRequest", facts)) throw noSuchCompetition();
  return { competition, facts, onlyRequest };
}

type CompetitionAction = Extract<Action, `competition.${string}`>;

/** Finds a competition and checks that the actor may do `action` with it. Not found if they may not see it. */
export async function competitionFor(
  context: Context,
  actor: Actor,
  id: number,
  action: CompetitionAction,
): Promise<{ competition: CompetitionAccess; facts: CompetitionFacts }> {
  const found = await visibleCompetition(context, actor, id);
  if (!may(actor, action, found.facts))
    throw notAllowed(
      action === "competition.delete" || action === "competition.handOver" ? "its creator" : "the organizers",
    );
  return found;
}

export const noSuchPhase = () =>
  new Refusal("not-found", "NO_SUCH_PHASE", "There is no such phase.", { phase: ["There is no such phase."] });

/** Finds a phase and checks that the actor may do `action` with its competition. */
export async function phaseFor(
  context: Context,
  actor: Actor,
  phaseId: number,
  action: CompetitionAction,
): Promise<PhaseAndCompetition> {
  const found = await findPhase(context.db, phaseId);
  if (!found) throw noSuchPhase();
  const facts = await competitionFacts(context, actor, found.competition);
  if (!may(actor, "competition.view", facts)) throw noSuchPhase();
  if (!may(actor, action, facts)) throw notAllowed("the organizers");
  return found;
}

/** Returns the properties of a submission that the policy needs. */
const submissionFacts = (submission: SubmissionRow, competition: CompetitionFacts): SubmissionFacts => ({
  owner_id: submission.owner_id,
  competition,
  hide_output: submission.hide_output,
  hide_prediction_output: submission.hide_prediction_output,
  hide_score_output: submission.hide_score_output,
  on_leaderboard: submission.on_leaderboard,
  kept_off_leaderboard: submission.kept_off_leaderboard,
  leaderboard_hidden: submission.leaderboard_hidden,
  place_tells_of_scores: submission.place_tells_of_scores,
  is_rerun: submission.is_rerun,
  finished: submission.status === "Finished",
  is_public: submission.is_public,
  is_soft_deleted: submission.is_soft_deleted,
  can_be_made_public: submission.can_make_submissions_public,
});

export const noSuchSubmission = () => new Refusal("not-found", "NO_SUCH_SUBMISSION", "There is no such submission.");

export interface SubmissionWithFacts {
  submission: SubmissionRow;
  facts: SubmissionFacts;
}

/** Finds a submission with its facts, without checking permissions. */
export async function anySubmission(context: Context, actor: Actor, id: number): Promise<SubmissionWithFacts> {
  const submission = await findSubmission(context.db, id);
  if (!submission) throw noSuchSubmission();
  const [found] = await withFacts(context, actor, [submission]);
  return found!;
}

/** Finds a submission that the actor may see, with its facts. */
export async function visibleSubmission(context: Context, actor: Actor, id: number): Promise<SubmissionWithFacts> {
  const found = await anySubmission(context, actor, id);
  if (!may(actor, "submission.view", found.facts)) throw noSuchSubmission();
  return found;
}

type SubmissionAction = Extract<Action, `submission.${string}`>;

/** Finds a submission and checks that the actor may do `action` with it. Not found if they may not see it. */
export async function submissionFor(
  context: Context,
  actor: Actor,
  id: number,
  action: SubmissionAction,
): Promise<SubmissionWithFacts> {
  const found = await visibleSubmission(context, actor, id);
  if (!may(actor, action, found.facts)) throw refusalOf(actor, found.submission, action);
  return found;
}

/**
 * Finds submissions and checks that the actor may do `action` with all of them. Lists all ids that are not found in one
 * error.
 */
export async function submissionsFor(
  context: Context,
  actor: Actor,
  ids: number[],
  action: SubmissionAction,
): Promise<SubmissionWithFacts[]> {
  const wanted = [...new Set(ids)];
  const found = await withFacts(context, actor, await findSubmissions(context.db, wanted));
  const seen = found.filter(({ facts }) => may(actor, "submission.view", facts));
  const missing = wanted.filter((id) => !seen.some(({ submission }) => submission.id === id));
  if (missing.length > 0 || wanted.length === 0)
    throw new Refusal("not-found", "NO_SUCH_SUBMISSION", `There is no submission ${missing.join(", ")}.`);
  for (const { submission, facts } of seen) if (!may(actor, action, facts)) throw refusalOf(actor, submission, action);
  return seen;
}

/** Finds the submissions with which the actor may do `action`. The others are skipped. Refused if none is left. */
export async function possibleSubmissions(
  context: Context,
  actor: Actor,
  ids: number[],
  action: SubmissionAction,
): Promise<{ possible: SubmissionRow[]; skipped: Skipped[] }> {
  const found = await withFacts(context, actor, await findSubmissions(context.db, [...new Set(ids)]));
  const byId = new Map(found.map((one) => [one.submission.id, one]));
  return possibleOf(ids, (id) => {
    const one = byId.get(id);
    if (!one || !may(actor, "submission.view", one.facts))
      return new Refusal("not-found", "NO_SUCH_SUBMISSION", `There is no submission ${id}.`);
    return may(actor, action, one.facts) ? one.submission : refusalOf(actor, one.submission, action);
  });
}

/** Submissions with their facts, without checking permissions. */
export async function withFacts(
  context: Pick<Context, "db">,
  actor: Actor,
  submissions: SubmissionRow[],
): Promise<SubmissionWithFacts[]> {
  const competitions = new Map<number, CompetitionFacts>();
  for (const id of new Set(submissions.map(({ competition_id }) => competition_id))) {
    const competition = await findCompetitionAccess(context.db, id);
    if (competition) competitions.set(id, await competitionFacts(context, actor, competition));
  }
  return submissions.map((submission) => ({
    submission,
    facts: submissionFacts(submission, competitions.get(submission.competition_id)!),
  }));
}

const notTakenBack = (id: number) =>
  new Refusal(
    "forbidden",
    "RERUN_BY_ORGANIZERS",
    `Submission ${id} is a rerun by the organizers, so only they can cancel or delete it.`,
  );

function refusalOf(actor: Actor, submission: SubmissionRow, action: SubmissionAction): Refusal {
  const { id, owner_id, on_leaderboard, kept_off_leaderboard, is_rerun } = submission;
  const isOwner = actor.kind === "user" && actor.id === owner_id;
  switch (action) {
    case "submission.details":
    case "submission.logs":
    case "submission.prediction":
    case "submission.scoring":
      return new Refusal("forbidden", "OUTPUT_HIDDEN", "The organizers do not allow you to see this.");
    case "submission.delete":
    case "submission.softDelete":
      if (isOwner && kept_off_leaderboard)
        return new Refusal(
          "forbidden",
          "KEPT_OFF_LEADERBOARD",
          `The organizers took submission ${id} off the leaderboard, so only they can delete it.`,
        );
      if (isOwner && is_rerun && action === "submission.delete") return notTakenBack(id);
      if (isOwner && submission.place_tells_of_scores)
        return new Refusal(
          "forbidden",
          "PHASE_BLIND",
          "The results of this phase are hidden for now. Until they are shown, nobody can delete a finished submission, because that would tell whether it is the best one.",
        );
      return isOwner && on_leaderboard
        ? new Refusal(
            "forbidden",
            "ON_LEADERBOARD",
            `Submission ${id} is on the leaderboard. Remove it from the leaderboard first.`,
          )
        : new Refusal("forbidden", "NOT_ALLOWED", `You may not delete submission ${id}, because it is not yours.`);
    case "submission.cancel":
      return isOwner && is_rerun
        ? notTakenBack(id)
        : new Refusal("forbidden", "NOT_ALLOWED", `You may not cancel submission ${id}, because it is not yours.`);
    case "submission.run":
    case "submission.editScores":
      return notAllowed("the organizers");
    default:
      return new Refusal("forbidden", "NOT_ALLOWED", `You may not do this with submission ${id}.`);
  }
}
