import { isDeepStrictEqual } from "node:util";

/**
 * The kinds of audit events, each with the kind of its subject. Released names never change, because programs and
 * people rely on them.
 */
export const auditKinds = {
  "competition.created": "competition",
  "competition.changed": "competition",
  "competition.published": "competition",
  "competition.unpublished": "competition",
  "competition.deleted": "competition",
  "competition.dumped": "competition",
  "collaborator.added": "user",
  "collaborator.removed": "user",
  "participant.registered": "participant",
  "participant.approved": "participant",
  "participant.denied": "participant",
  "participant.pending": "participant",
  "participant.unknown": "participant",
  "participant.left": "participant",
  "participant.team_changed": "participant",
  "phase.added": "phase",
  "phase.changed": "phase",
  "phase.removed": "phase",
  "phase.migrated": "phase",
  "phase.blinded": "phase",
  "phase.unblinded": "phase",
  "leaderboard.added": "leaderboard",
  "leaderboard.changed": "leaderboard",
  "leaderboard.removed": "leaderboard",
  "task.data_replaced": "task",
  "task.changed": "task",
  "dataset.changed": "dataset",
  "dataset.downloaded": "dataset",
  "dataset.deleted": "dataset",
  "dataset.verified": "dataset",
  "dataset.unverified": "dataset",
  "submission.started": "submission",
  "submission.rerun": "submission",
  "submission.replayed": "submission",
  "submission.cancelled": "submission",
  "submission.deleted": "submission",
  "submission.soft_deleted": "submission",
  "submission.files_deleted": "submission",
  "submission.published": "submission",
  "submission.unpublished": "submission",
  "submission.fact_sheet_changed": "submission",
  "submission.ranked": "submission",
  "submission.unranked": "submission",
  "submission.kept_off": "submission",
  "submission.let_back": "submission",
  "score.edited": "submission",
  "submissions.granted": "participant",
  "submissions.taken_back": "participant",
  "thread.changed": "thread",
  "thread.deleted": "thread",
  "post.removed": "post",
  "queue.created": "queue",
  "queue.changed": "queue",
  "queue.drained": "queue",
  "queue.reopened": "queue",
  "queue.shared": "user",
  "queue.unshared": "user",
  "queue.deleted": "queue",
  "worker_token.created": "worker_token",
  "worker_token.revoked": "worker_token",
  "registry_login.set": "registry_login",
  "registry_login.deleted": "registry_login",
  "job.replayed": "job",
  "job.dropped": "job",
  "budget.set": "budget",
  "budget.removed": "budget",
  "capacity.requested": "capacity_request",
  "capacity.approved": "capacity_request",
  "capacity.refused": "capacity_request",
  "capacity.stopped": "capacity_request",
  "store.inspected": "inspection",
  "store.cleaned": "inspection",
  "organization.created": "organization",
  "organization.changed": "organization",
  "organization.deleted": "organization",
  "member.invited": "user",
  "member.joined": "user",
  "member.declined": "user",
  "member.group_changed": "user",
  "member.removed": "user",
  "member.left": "user",
  "user.created": "user",
  "user.password_changed": "user",
  "user.password_reset": "user",
  "user.address_changed": "user",
  "user.identity_added": "user",
  "user.second_factor_on": "user",
  "user.second_factor_off": "user",
  "user.passkey_added": "user",
  "user.passkey_removed": "user",
  "invitation.created": "invitation",
  "invitation.deleted": "invitation",
  "user.identity_removed": "user",
  "user.export_requested": "user",
  "user.deletion_asked": "user",
  "user.deletion_confirmed": "user",
  "user.deletion_taken_back": "user",
  "user.deleted": "user",
  "competition.offered": "competition",
  "competition.handed_over": "competition",
  "queue.offered": "queue",
  "queue.handed_over": "queue",
  "organization.offered": "organization",
  "organization.handed_over": "organization",
  "announcement.created": "announcement",
  "announcement.changed": "announcement",
  "announcement.deleted": "announcement",
  "news.created": "news",
  "news.changed": "news",
  "news.deleted": "news",
  "maintenance.began": "maintenance",
  "maintenance.changed": "maintenance",
  "maintenance.ended": "maintenance",
  "mail.retried": "mail",
  "records.exported": "records",
  "user.changed": "user",
  "user.banned": "user",
  "user.unbanned": "user",
  "user.reset_sent": "user",
  "user.logins_revoked": "user",
  "user.recovered": "user",
  "impersonation.started": "user",
  "impersonation.request": "user",
  "impersonation.ended": "user",
  "worksheet.changed": "worksheet",
  "worksheet.shared": "worksheet",
  "worksheet.deleted": "worksheet",
  "bundle.changed": "bundle",
  "bundle.shared": "bundle",
  "bundle.contents_deleted": "bundle",
  "bundle.deleted": "bundle",
  "group.created": "group",
  "group.deleted": "group",
  "group.member_added": "group",
  "group.member_removed": "group",
} as const;

export type AuditKind = keyof typeof auditKinds;
export type AuditSubject = (typeof auditKinds)[AuditKind];

export const auditKindNames = Object.keys(auditKinds) as [AuditKind, ...AuditKind[]];
export const auditSubjects = [...new Set(Object.values(auditKinds))] as [AuditSubject, ...AuditSubject[]];

export type Fields = Record<string, unknown>;

/** The object that an event belongs to, or the platform itself. It decides who may read the event. */
export interface AuditPlace {
  competition?: number;
  queue?: string;
  organization?: number;
}

export interface AuditEvent {
  place: AuditPlace;
  kind: AuditKind;
  /** Id of the subject. */
  subject: number | string;
  /** The old values of the changed fields; null for a new object. */
  before: Fields | null;
  /** The new values of the changed fields; null for a deleted object. */
  after: Fields | null;
}

/** The fields in which two states of an object differ; undefined when there are none. */
export function difference(before: Fields, after: Fields): { before: Fields; after: Fields } | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isDeepStrictEqual(before[name], after[name]),
  );
  if (names.length === 0) return undefined;
  const only = (fields: Fields) => Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
  return { before: only(before), after: only(after) };
}

/** The event for a changed object; no event when nothing changed. */
export function changes(
  place: AuditPlace,
  kind: AuditKind,
  subject: number | string,
  was: Fields,
  is: Fields,
): AuditEvent[] {
  const change = difference(was, is);
  return change ? [{ place, kind, subject, ...change }] : [];
}

/** The items of the first list that are not in the second. */
const others = (list: number[], other: number[]) => list.filter((id) => !other.includes(id));

/** The audited state of a competition, with its rows by id. */
export interface AuditedCompetition {
  settings: Fields;
  published: boolean;
  phases: ReadonlyMap<number, Fields & { blind: boolean }>;
  leaderboards: ReadonlyMap<number, Fields>;
  /** Ids of users. */
  collaborators: number[];
}

/** The events for the difference between two states of a competition. */
export function competitionEvents(
  competitionId: number,
  before: AuditedCompetition,
  after: AuditedCompetition,
): AuditEvent[] {
  const place = { competition: competitionId };
  const event = (kind: AuditKind, subject: number, was: Fields | null, is: Fields | null): AuditEvent => ({
    place,
    kind,
    subject,
    before: was,
    after: is,
  });
  const changed = (kind: AuditKind, subject: number, was: Fields, is: Fields) => changes(place, kind, subject, was, is);
  return [
    ...changed("competition.changed", competitionId, before.settings, after.settings),
    ...(before.published === after.published ? [] : [publication(competitionId, after.published)]),
    ...others(after.collaborators, before.collaborators).map((id) => event("collaborator.added", id, null, {})),
    ...others(before.collaborators, after.collaborators).map((id) => event("collaborator.removed", id, {}, null)),
    ...[...after.phases].flatMap(([id, phase]) => {
      const known = before.phases.get(id);
      if (!known) return [event("phase.added", id, null, phase)];
      const [{ blind: was, ...rest }, { blind, ...fields }] = [known, phase];
      return [
        ...changed("phase.changed", id, rest, fields),
        ...(was === blind ? [] : [blinding(competitionId, id, blind)]),
      ];
    }),
    ...[...before.phases].flatMap(([id, phase]) =>
      after.phases.has(id) ? [] : [event("phase.removed", id, phase, null)],
    ),
    ...[...after.leaderboards].flatMap(([id, board]) => {
      const known = before.leaderboards.get(id);
      return known ? changed("leaderboard.changed", id, known, board) : [event("leaderboard.added", id, null, board)];
    }),
    ...[...before.leaderboards].flatMap(([id, board]) =>
      after.leaderboards.has(id) ? [] : [event("leaderboard.removed", id, board, null)],
    ),
  ];
}

/** The event for a competition that was published or unpublished. */
export const publication = (competitionId: number, published: boolean): AuditEvent => ({
  place: { competition: competitionId },
  kind: published ? "competition.published" : "competition.unpublished",
  subject: competitionId,
  before: { published: !published },
  after: { published },
});

/** The event for a phase whose results were hidden or shown. */
export const blinding = (competitionId: number, phase: number, blind: boolean): AuditEvent => ({
  place: { competition: competitionId },
  kind: blind ? "phase.blinded" : "phase.unblinded",
  subject: phase,
  before: { blind: !blind },
  after: { blind },
});

/** The audited state of a queue. */
export interface AuditedQueue {
  settings: Fields;
  acceptsJobs: boolean;
  /** Ids of the users it is shared with. */
  organizers: number[];
}

/** The events for the difference between two states of a queue. */
export function queueEvents(id: string, before: AuditedQueue, after: AuditedQueue): AuditEvent[] {
  const place = { queue: id };
  const shared = (kind: AuditKind, subject: number, was: Fields | null, is: Fields | null): AuditEvent => ({
    place,
    kind,
    subject,
    before: was,
    after: is,
  });
  return [
    ...changes(place, "queue.changed", id, before.settings, after.settings),
    ...changes(
      place,
      after.acceptsJobs ? "queue.reopened" : "queue.drained",
      id,
      { accepts_jobs: before.acceptsJobs },
      { accepts_jobs: after.acceptsJobs },
    ),
    ...others(after.organizers, before.organizers).map((user) => shared("queue.shared", user, null, {})),
    ...others(before.organizers, after.organizers).map((user) => shared("queue.unshared", user, {}, null)),
  ];
}

/** Copies a queue's events to a competition that uses the queue, except events about sharing. */
export const queueEventsFor = (competition: number, events: AuditEvent[]): AuditEvent[] =>
  events.flatMap((event) => (auditKinds[event.kind] === "queue" ? [{ ...event, place: { competition } }] : []));
