/** Who may do what: the whole of it, in one table. Handlers ask `may` and know nothing of roles themselves. */

export type Actor =
  | { kind: "anonymous" }
  | { kind: "user"; id: number; username: string; email: string; isSuperuser: boolean; isBot: boolean }
  /** `queue` is the one its token opens; null for the platform's own workers, which serve many. */
  | { kind: "worker"; queue: { id: string; name: string } | null };

export type UserActor = Extract<Actor, { kind: "user" }>;
export type WorkerActor = Extract<Actor, { kind: "worker" }>;

/** What a competition says about who is who in it. */
export interface CompetitionFacts {
  created_by: number;
  collaborators: number[];
  published: boolean;
  secret_key: string;
  /** The actor's own participation. */
  participation: "unknown" | "pending" | "approved" | "denied" | null;
  /** The secret key the actor came with. */
  givenKey: string | null;
  allow_robot_submissions: boolean;
}

export interface SubmissionFacts {
  owner_id: number;
  competition: CompetitionFacts;
  hide_output: boolean;
  hide_prediction_output: boolean;
  hide_score_output: boolean;
  on_leaderboard: boolean;
  leaderboard_hidden: boolean;
  finished: boolean;
  is_public: boolean;
  is_soft_deleted: boolean;
  /** Whether the organizers let participants show their submissions to everybody. */
  can_be_made_public: boolean;
}

export interface DatasetOwnership {
  created_by: number;
  is_public: boolean;
}

export interface DatasetFacts extends DatasetOwnership {
  /** What it is in competitions the actor can see: only these are open to participants. */
  sharedWithParticipants: boolean;
  /** Whether the actor organizes a competition that uses it, or that it was submitted to. */
  organizedByActor: boolean;
  /** Whether a competition that the actor sees names it among its data. */
  namedToActor: boolean;
}

export interface TaskFacts {
  created_by: number;
  is_public: boolean;
  /** Ids of the people its creator shares it with. */
  shared_with: number[];
}

export interface QueueFacts {
  /** Null for the default queue, which belongs to the platform. */
  owner_id: number | null;
  is_public: boolean;
  /** Ids of the organizers its owner shares it with. */
  organizers: number[];
}

/** What a person is in an organization, from the most to the least. */
export const organizationGroups = ["OWNER", "MANAGER", "PARTICIPANT", "MEMBER", "INVITED"] as const;
export type OrganizationGroup = (typeof organizationGroups)[number];

export interface OrganizationFacts {
  /** The actor's own; null for who is not in it. */
  group: OrganizationGroup | null;
}

type Rule<Facts> = (actor: Actor, facts: Facts) => boolean;

const superuser = (actor: Actor) => actor.kind === "user" && actor.isSuperuser;
const loggedIn = (actor: Actor) => actor.kind === "user";
const isUser = (actor: Actor, id: number | null) => actor.kind === "user" && actor.id === id;
const isAmong = (actor: Actor, ids: number[]) => actor.kind === "user" && ids.includes(actor.id);
const organizes = (actor: Actor, c: CompetitionFacts) => isUser(actor, c.created_by) || isAmong(actor, c.collaborators);
const robot = (actor: Actor, c: CompetitionFacts) => actor.kind === "user" && actor.isBot && c.allow_robot_submissions;
const organizerOrSuperuser = (actor: Actor, c: CompetitionFacts) => superuser(actor) || organizes(actor, c);
const seesCompetition = (actor: Actor, c: CompetitionFacts) =>
  c.published || organizerOrSuperuser(actor, c) || c.participation === "approved" || c.givenKey === c.secret_key;
const seesSubmission = (actor: Actor, s: SubmissionFacts) =>
  isUser(actor, s.owner_id) || organizerOrSuperuser(actor, s.competition) || robot(actor, s.competition);
const ownerOrOrganizer = (actor: Actor, s: SubmissionFacts) =>
  isUser(actor, s.owner_id) || organizerOrSuperuser(actor, s.competition);
/** Owners see outputs unless the phase hides them; organizers and superusers always do. */
const seesUnless = (hidden: (s: SubmissionFacts) => boolean) => (actor: Actor, s: SubmissionFacts) =>
  organizerOrSuperuser(actor, s.competition) ||
  robot(actor, s.competition) ||
  (isUser(actor, s.owner_id) && !hidden(s));
const downloadsDataset = (actor: Actor, d: DatasetFacts) =>
  d.is_public || d.sharedWithParticipants || d.organizedByActor || isUser(actor, d.created_by) || superuser(actor);
const usesTask = (actor: Actor, t: TaskFacts) =>
  t.is_public || isUser(actor, t.created_by) || isAmong(actor, t.shared_with) || superuser(actor);
const runsQueue = (actor: Actor, q: QueueFacts) =>
  isUser(actor, q.owner_id) || isAmong(actor, q.organizers) || superuser(actor);
const inGroups =
  (...groups: OrganizationGroup[]) =>
  (_: Actor, { group }: OrganizationFacts) =>
    group !== null && groups.includes(group);

const table = {
  "user.create": superuser as Rule<null>,
  "user.edit": (actor, { id }) => isUser(actor, id) || superuser(actor),

  "competition.view": seesCompetition,
  "competition.register": (actor, c) =>
    loggedIn(actor) && (c.published || organizes(actor, c) || superuser(actor) || c.givenKey === c.secret_key),
  "competition.edit": organizerOrSuperuser,
  "competition.delete": (actor, c) => superuser(actor) || isUser(actor, c.created_by),
  "competition.participants": organizerOrSuperuser,
  /** Its bundle, its dumps, and its leaderboards with hidden columns. */
  "competition.export": organizerOrSuperuser,
  /** Runs submissions again, and moves them to the next phase. */
  "competition.rerun": organizerOrSuperuser,
  "competition.hiddenScores": organizerOrSuperuser,
  "competition.audit": organizerOrSuperuser,
  /** Hides the results of a phase from everybody else, and shows them. */
  "competition.blind": organizerOrSuperuser,
  /** Grants participants submissions beyond the limits. */
  "competition.grant": organizerOrSuperuser,
  /** Reads what is of the platform itself, and what is left of competitions, queues and organizations that were deleted. */
  "audit.ofPlatform": superuser as Rule<null>,

  "leaderboard.view": (actor, { competition, hidden }) =>
    organizerOrSuperuser(actor, competition) || (!hidden && seesCompetition(actor, competition)),

  "submission.view": (actor, s) =>
    s.is_soft_deleted
      ? organizerOrSuperuser(actor, s.competition)
      : seesSubmission(actor, s) ||
        (seesCompetition(actor, s.competition) &&
          (s.is_public || (s.on_leaderboard && s.finished && !s.leaderboard_hidden))),
  "submission.details": seesUnless((s) => s.hide_output),
  "submission.logs": seesUnless((s) => s.hide_output),
  "submission.prediction": seesUnless((s) => s.hide_output || s.hide_prediction_output),
  "submission.scoring": seesUnless((s) => s.hide_output || s.hide_score_output),
  /** Once the competition has detailed results: whoever sees the competition, unless the phase hides output. */
  "submission.detailedResult": (actor, s) =>
    organizerOrSuperuser(actor, s.competition) || (!s.hide_output && seesCompetition(actor, s.competition)),
  "submission.download": ownerOrOrganizer,
  "submission.cancel": seesSubmission,
  /** Starts one that waits for it, or runs one again. */
  "submission.run": (actor, s) => organizerOrSuperuser(actor, s.competition) || robot(actor, s.competition),
  "submission.delete": (actor, s) =>
    organizerOrSuperuser(actor, s.competition) || (isUser(actor, s.owner_id) && !s.on_leaderboard),
  "submission.softDelete": (actor, s) => isUser(actor, s.owner_id) && !s.on_leaderboard,
  "submission.makePublic": (actor, s) =>
    organizerOrSuperuser(actor, s.competition) || (isUser(actor, s.owner_id) && s.can_be_made_public),
  "submission.answerFactSheet": ownerOrOrganizer,
  "submission.editScores": (actor, s) => organizerOrSuperuser(actor, s.competition),

  /** Learns that it is there. */
  "dataset.view": (actor, d) => d.namedToActor || downloadsDataset(actor, d),
  "dataset.download": downloadsDataset,
  "dataset.edit": ((actor, d) => isUser(actor, d.created_by) || superuser(actor)) as Rule<DatasetOwnership>,
  /** Makes it a part of a task or a phase. */
  "dataset.use": ((actor, d) =>
    d.is_public || isUser(actor, d.created_by) || superuser(actor)) as Rule<DatasetOwnership>,

  "task.use": usesTask,
  "task.edit": (actor, t) => isUser(actor, t.created_by) || superuser(actor),

  /** Has a competition's submissions run on it. */
  "queue.use": (actor, q) => loggedIn(actor) && (q.is_public || runsQueue(actor, q)),
  /** Learns where its workers connect to, and who changed it. */
  "queue.run": runsQueue,
  "queue.edit": (actor, q) => isUser(actor, q.owner_id) || superuser(actor),

  /** Learns who is in it. */
  "organization.members": (actor, o) =>
    superuser(actor) || inGroups("OWNER", "MANAGER", "PARTICIPANT", "MEMBER")(actor, o),
  /** Changes what it says of itself and who is in it, and learns who did. */
  "organization.edit": (actor, o) => superuser(actor) || inGroups("OWNER", "MANAGER")(actor, o),
  "organization.delete": (actor, o) => superuser(actor) || inGroups("OWNER")(actor, o),
  /** Submits in its name. */
  "organization.submit": inGroups("OWNER", "MANAGER", "PARTICIPANT"),
} satisfies {
  "user.create": Rule<null>;
  "audit.ofPlatform": Rule<null>;
  "user.edit": Rule<{ id: number }>;
  "leaderboard.view": Rule<{ competition: CompetitionFacts; hidden: boolean }>;
} & Record<`competition.${string}`, Rule<CompetitionFacts>> &
  Record<`submission.${string}`, Rule<SubmissionFacts>> &
  Record<`dataset.${string}`, Rule<DatasetFacts>> &
  Record<`task.${string}`, Rule<TaskFacts>> &
  Record<`queue.${string}`, Rule<QueueFacts>> &
  Record<`organization.${string}`, Rule<OrganizationFacts>>;

export type Action = keyof typeof table;
type FactsOf<A extends Action> = Parameters<(typeof table)[A]>[1];

/** Whether an actor may do something, given the facts about what it is done to. */
export function may<A extends Action>(actor: Actor, action: A, facts: FactsOf<A>): boolean {
  return (table[action] as Rule<FactsOf<A>>)(actor, facts);
}
