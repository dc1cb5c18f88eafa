/** All permissions, in one table. Other code calls `may` and does not look at roles itself. */

export type Actor =
  | { kind: "anonymous" }
  | {
      kind: "user";
      id: number;
      username: string;
      email: string;
      /** Whether the person has shown that the address is theirs. */
      emailIsConfirmed: boolean;
      isSuperuser: boolean;
      isBot: boolean;
      /** The administrator who acts as this person. */
      impersonatedBy?: Impersonator;
    }
  /** The queue that the worker's token belongs to; null for the platform's own workers, which serve many queues. */
  | { kind: "worker"; queue: { id: string; name: string } | null };

/** An administrator who acts as somebody else. */
export interface Impersonator {
  id: number;
  username: string;
}

export type UserActor = Extract<Actor, { kind: "user" }>;
export type WorkerActor = Extract<Actor, { kind: "worker" }>;

/** What a rule needs to know about a competition and the actor's place in it. */
export interface CompetitionFacts {
  created_by: number;
  collaborators: number[];
  published: boolean;
  secret_key: string;
  /** Whether an administrator keeps it from everybody but those who organize it or take part. */
  listing: "listed" | "unlisted" | "withheld";
  /** The actor's participation status; null when the actor does not participate. */
  participation: "unknown" | "pending" | "approved" | "denied" | "left" | null;
  /** The secret key that the request contains. */
  givenKey: string | null;
  allow_robot_submissions: boolean;
}

/** What a rule needs to know about a worksheet or a bundle of worksheets. */
export interface SharedFacts {
  owner_id: number;
  /** The most that one of the actor's groups may do: 0 nothing, 1 read, 2 all. */
  granted: 0 | 1 | 2;
}

/** What a rule needs to know about a group of worksheets. */
export interface WorksheetGroupFacts {
  /** Null: the group of everybody. */
  owner_id: number | null;
  /** Whether the actor is one of its administrators. */
  isAdmin: boolean;
}

export interface SubmissionFacts {
  owner_id: number;
  competition: CompetitionFacts;
  hide_output: boolean;
  hide_prediction_output: boolean;
  hide_score_output: boolean;
  on_leaderboard: boolean;
  /** Whether an organizer took it off the leaderboard. Its owner may not delete it, because it is evidence. */
  kept_off_leaderboard: boolean;
  leaderboard_hidden: boolean;
  /** Whether being on the leaderboard reveals that it is its owner's best submission, in a blind phase. */
  place_tells_of_scores: boolean;
  /** Whether organizers ran an earlier submission again with it. Its owner may not undo that. */
  is_rerun: boolean;
  finished: boolean;
  is_public: boolean;
  is_soft_deleted: boolean;
  /** Whether the organizers let participants make their submissions public. */
  can_be_made_public: boolean;
}

export interface DatasetOwnership {
  created_by: number;
  is_public: boolean;
}

export interface DatasetFacts extends DatasetOwnership {
  /** Whether a competition that the actor can see offers this dataset to its participants. */
  sharedWithParticipants: boolean;
  /** Whether the actor organizes a competition that uses the dataset or received it as a submission. */
  organizedByActor: boolean;
  /** Whether a competition that the actor can see lists the dataset among its data. */
  namedToActor: boolean;
}

export interface TaskFacts {
  created_by: number;
  is_public: boolean;
  /** Ids of the users the creator shares the task with. */
  shared_with: number[];
}

export interface QueueFacts {
  /** Null for the default queue, which belongs to the platform. */
  owner_id: number | null;
  is_public: boolean;
  /** Ids of the organizers the owner shares the queue with. */
  organizers: number[];
}

/** The groups of an organization's members, from the most powerful to the least. */
export const organizationGroups = ["OWNER", "MANAGER", "PARTICIPANT", "MEMBER", "INVITED"] as const;
export type OrganizationGroup = (typeof organizationGroups)[number];

export interface OrganizationFacts {
  /** The actor's group; null when the actor is not in the organization. */
  group: OrganizationGroup | null;
}

export interface PostFacts {
  /** Null: a deleted user. */
  author_id: number | null;
  /** Whether nobody but organizers may write in its thread. */
  locked: boolean;
  competition: CompetitionFacts;
}

type Rule<Facts> = (actor: Actor, facts: Facts) => boolean;

const superuser = (actor: Actor) => actor.kind === "user" && actor.isSuperuser;
const loggedIn = (actor: Actor) => actor.kind === "user";
const isUser = (actor: Actor, id: number | null) => actor.kind === "user" && actor.id === id;
const isAmong = (actor: Actor, ids: number[]) => actor.kind === "user" && ids.includes(actor.id);
const organizes = (actor: Actor, c: CompetitionFacts) => isUser(actor, c.created_by) || isAmong(actor, c.collaborators);
const robot = (actor: Actor, c: CompetitionFacts) => actor.kind === "user" && actor.isBot && c.allow_robot_submissions;
const organizerOrSuperuser = (actor: Actor, c: CompetitionFacts) => superuser(actor) || organizes(actor, c);
/** Whether the request has the secret link. It opens nothing while an administrator withholds the competition. */
const hasLink = (c: CompetitionFacts) => c.givenKey === c.secret_key && c.listing !== "withheld";
const seesCompetition = (actor: Actor, c: CompetitionFacts) =>
  c.published || organizerOrSuperuser(actor, c) || c.participation === "approved" || hasLink(c);
const seesSubmission = (actor: Actor, s: SubmissionFacts) =>
  isUser(actor, s.owner_id) || organizerOrSuperuser(actor, s.competition) || robot(actor, s.competition);
const ownerOrOrganizer = (actor: Actor, s: SubmissionFacts) =>
  isUser(actor, s.owner_id) || organizerOrSuperuser(actor, s.competition);
const runsSubmission = (actor: Actor, s: SubmissionFacts) =>
  organizerOrSuperuser(actor, s.competition) || robot(actor, s.competition);
/** Takes back a submission, or a rerun if they may rerun. */
const takesBack = (actor: Actor, s: SubmissionFacts) =>
  isUser(actor, s.owner_id) && (!s.is_rerun || runsSubmission(actor, s));
/** Whether its owner may delete it. Where its place is a secret, a refusal must not tell it. */
const isDeletable = (s: SubmissionFacts) =>
  !s.on_leaderboard && !s.kept_off_leaderboard && !(s.place_tells_of_scores && s.finished);
/** Owners see outputs unless the phase hides them. Organizers and superusers always see them. */
const seesUnless = (hidden: (s: SubmissionFacts) => boolean) => (actor: Actor, s: SubmissionFacts) =>
  organizerOrSuperuser(actor, s.competition) ||
  robot(actor, s.competition) ||
  (isUser(actor, s.owner_id) && !hidden(s));
/** Whoever sees a competition reads its forum. Participants and organizers write in it. */
const writesInForum = (actor: Actor, c: CompetitionFacts) =>
  organizerOrSuperuser(actor, c) || (loggedIn(actor) && c.participation === "approved");
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

/** The owner and administrators may do everything, others what one of their groups may. */
const reads = (actor: Actor, o: SharedFacts) => o.granted >= 1 || isUser(actor, o.owner_id) || superuser(actor);
const edits = (actor: Actor, o: SharedFacts) =>
  loggedIn(actor) && (o.granted >= 2 || isUser(actor, o.owner_id) || superuser(actor));

const table = {
  "user.create": superuser as Rule<null>,
  "user.edit": (actor, { id }) => isUser(actor, id) || superuser(actor),

  "competition.view": seesCompetition,
  "competition.register": (actor, c) =>
    loggedIn(actor) && (c.published || organizes(actor, c) || superuser(actor) || hasLink(c)),
  /** Ends the own participation, or takes back the request to participate. Organizers always participate. */
  "competition.leave": (actor, c) =>
    !organizes(actor, c) && (c.participation === "approved" || c.participation === "pending"),
  /** Sees the title, and what became of the own request to participate. */
  "competition.viewRequest": (_, c) => c.participation === "pending" || c.participation === "denied",
  "competition.edit": organizerOrSuperuser,
  "competition.delete": (actor, c) => superuser(actor) || isUser(actor, c.created_by),
  /** Gives the competition another creator. */
  "competition.handOver": (actor, c) => superuser(actor) || isUser(actor, c.created_by),
  "competition.participants": organizerOrSuperuser,
  /** Downloads the competition's bundle, its dumps, and its leaderboards with hidden columns. */
  "competition.export": organizerOrSuperuser,
  /** Runs submissions again, or copies them to the next phase. */
  "competition.rerun": organizerOrSuperuser,
  "competition.hiddenScores": organizerOrSuperuser,
  "competition.audit": organizerOrSuperuser,
  /** Hides the results of a phase from everybody else, or shows them again. */
  "competition.blind": organizerOrSuperuser,
  /** Grants participants more submissions than the limits allow. */
  "competition.grant": organizerOrSuperuser,
  /**
   * All accounts with their roles, bans and limits, announcements, news, maintenance mode, the mail log, analytics, exports, and the audit trails of everything at once.
   */
  "platform.administer": superuser as Rule<null>,
  /** Reads the audit trail of the platform, and of deleted competitions, queues and organizations. */
  "audit.ofPlatform": superuser as Rule<null>,

  /** Sees what everybody stores, and inspects and cleans the object store. */
  "storage.ofPlatform": superuser as Rule<null>,
  /** Reads and sets the monthly budget of the platform. */
  "budget.ofPlatform": superuser as Rule<null>,
  /** Sees all requests for hosts, and approves or refuses them. */
  "capacity.decide": superuser as Rule<null>,

  "forum.write": writesInForum,
  /** Pins, locks, renames and deletes threads, removes posts, and sees what was reported. */
  "forum.moderate": organizerOrSuperuser,
  "post.edit": (actor, p) =>
    isUser(actor, p.author_id) &&
    writesInForum(actor, p.competition) &&
    (!p.locked || organizerOrSuperuser(actor, p.competition)),
  "post.remove": (actor, p) => isUser(actor, p.author_id) || organizerOrSuperuser(actor, p.competition),

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
  /** Detailed results are open to everybody who sees the competition, unless the phase hides output. */
  "submission.detailedResult": (actor, s) =>
    organizerOrSuperuser(actor, s.competition) || (!s.hide_output && seesCompetition(actor, s.competition)),
  "submission.download": ownerOrOrganizer,
  "submission.cancel": (actor, s) => takesBack(actor, s) || runsSubmission(actor, s),
  /** Starts a submission that waits to be started, or runs a submission again. */
  "submission.run": runsSubmission,
  "submission.delete": (actor, s) =>
    organizerOrSuperuser(actor, s.competition) || (takesBack(actor, s) && isDeletable(s)),
  "submission.softDelete": (actor, s) => isUser(actor, s.owner_id) && isDeletable(s),
  "submission.makePublic": (actor, s) =>
    organizerOrSuperuser(actor, s.competition) || (isUser(actor, s.owner_id) && s.can_be_made_public),
  "submission.answerFactSheet": ownerOrOrganizer,
  "submission.editScores": (actor, s) => organizerOrSuperuser(actor, s.competition),

  /** Sees the dataset's name and description. */
  "dataset.view": (actor, d) => d.namedToActor || downloadsDataset(actor, d),
  "dataset.download": downloadsDataset,
  "dataset.edit": ((actor, d) => isUser(actor, d.created_by) || superuser(actor)) as Rule<DatasetOwnership>,
  "dataset.verify": superuser as Rule<DatasetOwnership>,
  /** Adds the dataset to a task or a phase. */
  "dataset.use": ((actor, d) =>
    d.is_public || isUser(actor, d.created_by) || superuser(actor)) as Rule<DatasetOwnership>,

  "task.use": usesTask,
  "task.edit": (actor, t) => isUser(actor, t.created_by) || superuser(actor),

  /** Runs a competition's submissions on the queue. */
  "queue.use": (actor, q) => loggedIn(actor) && (q.is_public || runsQueue(actor, q)),
  /** Sees the address that workers connect to, their tokens, the logins of registries, and the queue's audit trail. */
  "queue.run": runsQueue,
  "queue.edit": (actor, q) => isUser(actor, q.owner_id) || superuser(actor),
  "queue.handOver": (actor, q) => isUser(actor, q.owner_id) || superuser(actor),

  /** Sees the members. */
  "organization.members": (actor, o) =>
    superuser(actor) || inGroups("OWNER", "MANAGER", "PARTICIPANT", "MEMBER")(actor, o),
  /** Changes the profile and the members, and reads the audit trail. */
  "organization.edit": (actor, o) => superuser(actor) || inGroups("OWNER", "MANAGER")(actor, o),
  "organization.delete": (actor, o) => superuser(actor) || inGroups("OWNER")(actor, o),
  "organization.handOver": (actor, o) => superuser(actor) || inGroups("OWNER")(actor, o),
  /** Submits in the organization's name. */
  "organization.submit": inGroups("OWNER", "MANAGER", "PARTICIPANT"),

  "worksheet.view": reads,
  /** Changes the items, the settings and the permissions of a worksheet, adds bundles to it, and deletes it. */
  "worksheet.edit": edits,
  /** Reads the metadata and the contents of a bundle of worksheets. */
  "worksheetBundle.view": reads,
  /** Changes the metadata and the permissions of a bundle of worksheets, uploads its contents, kills it and deletes it. */
  "worksheetBundle.edit": edits,
  /** Adds people to a group of worksheets, removes them, and deletes it. Nobody changes the group of everybody. */
  "worksheetGroup.manage": (actor, g) =>
    g.owner_id !== null && (g.isAdmin || isUser(actor, g.owner_id) || superuser(actor)),
} satisfies {
  "user.create": Rule<null>;
  "audit.ofPlatform": Rule<null>;
  "storage.ofPlatform": Rule<null>;
  "platform.administer": Rule<null>;
  "budget.ofPlatform": Rule<null>;
  "capacity.decide": Rule<null>;
  "user.edit": Rule<{ id: number }>;
  "leaderboard.view": Rule<{ competition: CompetitionFacts; hidden: boolean }>;
} & Record<`competition.${string}`, Rule<CompetitionFacts>> &
  Record<`forum.${string}`, Rule<CompetitionFacts>> &
  Record<`post.${string}`, Rule<PostFacts>> &
  Record<`submission.${string}`, Rule<SubmissionFacts>> &
  Record<`dataset.${string}`, Rule<DatasetFacts>> &
  Record<`task.${string}`, Rule<TaskFacts>> &
  Record<`queue.${string}`, Rule<QueueFacts>> &
  Record<`organization.${string}`, Rule<OrganizationFacts>> &
  Record<`worksheet.${string}`, Rule<SharedFacts>> &
  Record<`worksheetBundle.${string}`, Rule<SharedFacts>> &
  Record<`worksheetGroup.${string}`, Rule<WorksheetGroupFacts>>;

export type Action = keyof typeof table;
type FactsOf<A extends Action> = Parameters<(typeof table)[A]>[1];

/** Whether an actor may perform an action, given the facts about its object. */
export function may<A extends Action>(actor: Actor, action: A, facts: FactsOf<A>): boolean {
  return (table[action] as Rule<FactsOf<A>>)(actor, facts);
}

/** A kind of object with which people do something. */
export type ObjectKind =
  "competition" | "forum" | "post" | "submission" | "dataset" | "task" | "queue" | "organization";
type ActionOn<Kind extends ObjectKind> = Extract<Action, `${Kind}.${string}`>;
/** What the rules of all actions with a kind of object need to know. */
type FactsAbout<Kind extends ObjectKind> = {
  [A in ActionOn<Kind>]: (facts: FactsOf<A>) => void;
}[ActionOn<Kind>] extends (facts: infer All) => void
  ? All
  : never;

/** Actions that are done by whoever sees the object at all. */
const seeing = /\.view/;
const actionsOn = (kind: ObjectKind): Action[] =>
  (Object.keys(table) as Action[]).filter((action) => action.startsWith(`${kind}.`) && !seeing.test(action));

/** What the API calls an action: `submission.editScores` is the permission `edit_scores`. */
const permissionName = (action: Action) =>
  action.slice(action.indexOf(".") + 1).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The names of all permissions for a kind of object. */
export const permissionNames = (kind: ObjectKind): string[] => actionsOn(kind).map(permissionName);

/** What an actor may do with an object that they see, by the names of `permissionNames`. */
export const permissions = <Kind extends ObjectKind>(
  actor: Actor,
  kind: Kind,
  facts: FactsAbout<Kind>,
): Record<string, boolean> =>
  Object.fromEntries(
    actionsOn(kind).map((action) => [permissionName(action), may(actor, action, facts as FactsOf<Action>)]),
  );
