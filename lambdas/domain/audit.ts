import { isDeepStrictEqual } from "node:util";

/**
 * What the audit trail of a competition tells of: each kind of event with the kind of thing that its subject is. Names
 * never change once released, since programs and people go by them.
 */
export const auditKinds = {
  "competition.created": "competition",
  "competition.changed": "competition",
  "competition.published": "competition",
  "competition.unpublished": "competition",
  "competition.deleted": "competition",
  "collaborator.added": "user",
  "collaborator.removed": "user",
  "participant.registered": "participant",
  "participant.approved": "participant",
  "participant.denied": "participant",
  "participant.pending": "participant",
  "participant.unknown": "participant",
  "participant.team_changed": "participant",
  "phase.added": "phase",
  "phase.changed": "phase",
  "phase.removed": "phase",
  "phase.migrated": "phase",
  "phase.blinded": "phase",
  "phase.unblinded": "phase",
  "leaderboard.changed": "leaderboard",
  "task.data_replaced": "task",
  "queue.changed": "queue",
  "submission.started": "submission",
  "submission.rerun": "submission",
  "submission.cancelled": "submission",
  "submission.deleted": "submission",
  "submission.soft_deleted": "submission",
  "submission.files_deleted": "submission",
  "submission.published": "submission",
  "submission.unpublished": "submission",
  "submission.fact_sheet_changed": "submission",
  "submission.ranked": "submission",
  "submission.unranked": "submission",
  "score.edited": "submission",
  "submissions.granted": "participant",
  "submissions.taken_back": "participant",
} as const;

export type AuditKind = keyof typeof auditKinds;
export type AuditSubject = (typeof auditKinds)[AuditKind];

export const auditKindNames = Object.keys(auditKinds) as [AuditKind, ...AuditKind[]];
export const auditSubjects = [...new Set(Object.values(auditKinds))] as [AuditSubject, ...AuditSubject[]];

export type Fields = Record<string, unknown>;

export interface AuditEvent {
  competitionId: number;
  kind: AuditKind;
  /** Id of the subject. */
  subject: number | string;
  /** The fields that changed, as they were; null for what is new. */
  before: Fields | null;
  /** The same as they are; null for what is gone. */
  after: Fields | null;
}

/** The fields in which two states of a thing differ; undefined when there are none. */
export function difference(before: Fields, after: Fields): { before: Fields; after: Fields } | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isDeepStrictEqual(before[name], after[name]),
  );
  if (names.length === 0) return undefined;
  const only = (fields: Fields) => Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
  return { before: only(before), after: only(after) };
}

/** What of a competition its audit trail follows, with rows by their ids. */
export interface AuditedCompetition {
  settings: Fields;
  published: boolean;
  phases: ReadonlyMap<number, Fields & { blind: boolean }>;
  leaderboard: { id: number; fields: Fields } | null;
  /** Ids of users. */
  collaborators: number[];
}

/** The events that lead from one state of a competition to another. */
export function competitionEvents(competitionId: number, before: AuditedCompetition, after: AuditedCompetition): AuditEvent[] {
  const event = (kind: AuditKind, subject: number, was: Fields | null, is: Fields | null): AuditEvent => ({
    competitionId,
    kind,
    subject,
    before: was,
    after: is,
  });
  const changed = (kind: AuditKind, subject: number, was: Fields, is: Fields) => {
    const change = difference(was, is);
    return change ? [event(kind, subject, change.before, change.after)] : [];
  };
  const without = (list: number[], other: number[]) => list.filter((id) => !other.includes(id));
  const board = before.leaderboard && after.leaderboard && { was: before.leaderboard, is: after.leaderboard };
  return [
    ...changed("competition.changed", competitionId, before.settings, after.settings),
    ...(before.published === after.published ? [] : [publication(competitionId, after.published)]),
    ...without(after.collaborators, before.collaborators).map((id) => event("collaborator.added", id, null, {})),
    ...without(before.collaborators, after.collaborators).map((id) => event("collaborator.removed", id, {}, null)),
    ...[...after.phases].flatMap(([id, phase]) => {
      const known = before.phases.get(id);
      if (!known) return [event("phase.added", id, null, phase)];
      const [{ blind: was, ...rest }, { blind, ...fields }] = [known, phase];
      return [...changed("phase.changed", id, rest, fields), ...(was === blind ? [] : [blinding(competitionId, id, blind)])];
    }),
    ...[...before.phases].flatMap(([id, phase]) => (after.phases.has(id) ? [] : [event("phase.removed", id, phase, null)])),
    ...(board ? changed("leaderboard.changed", board.is.id, board.was.fields, board.is.fields) : []),
  ];
}

/** A competition was published or taken back. */
export const publication = (competitionId: number, published: boolean): AuditEvent => ({
  competitionId,
  kind: published ? "competition.published" : "competition.unpublished",
  subject: competitionId,
  before: { published: !published },
  after: { published },
});

/** A phase was made blind, or its results were shown. */
export const blinding = (competitionId: number, phase: number, blind: boolean): AuditEvent => ({
  competitionId,
  kind: blind ? "phase.blinded" : "phase.unblinded",
  subject: phase,
  before: { blind: !blind },
  after: { blind },
});
