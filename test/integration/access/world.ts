import type { Answer, Content } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import type { Lab } from "../support/lab.ts";
import type { Actor } from "./policy-table.ts";
import type { WorksheetWorld } from "./worksheet-world.ts";

export type PersonName = Exclude<Actor, "anonymous" | "worker">;

export interface Dataset {
  id: number;
  key: string;
}

/** What there is to ask for: all of it the organizer's unless it says otherwise. */
export interface World {
  people: Record<PersonName, Person>;
  ids: Record<PersonName, number>;
  /** Each person's token of a mail that asks to confirm the address. */
  confirmation: Record<PersonName, string>;
  /** The token of a mail with which the participant sets a new password. */
  reset: string;
  /** The token of a mail with which the participant confirms that the account is to be deleted. */
  deletion: string;
  /** The offer of the organizer to hand the organization over to the collaborator. */
  offer: string;
  /** An identity provider, with which the participant can log in. */
  provider: string;
  /** An invitation to sign up. */
  invited: string;
  /** What an administrator announced and published, and a mail that was not sent. */
  announcement: { id: number; text: string };
  news: { id: number; title: string };
  mail: { id: string; subject: string };
  /** The id of somebody with a second factor. */
  guarded: number;
  /** The id of somebody who is banned. */
  banned: number;
  /** Ids of another API token and of a session of everybody. */
  logins: Record<PersonName, { token: string; session: string }>;
  /** Each person's own, by key: a file to submit, and the archive of a task. */
  ownFile: Record<PersonName, string>;
  ownArchive: Record<PersonName, string>;
  competition: number;
  title: string;
  creation: number;
  /** The phase that submissions are in, and one that follows it. */
  phase: number;
  nextPhase: number;
  leaderboard: number;
  /** The participant's submissions: on the leaderboard, off it, waiting to be started by hand, waiting for a worker. */
  ranked: number;
  unranked: number;
  held: number;
  waiting: number;
  /** The score of `ranked`. */
  score: number;
  /** The participant, and somebody who waits to be approved and has a team. */
  participant: number;
  applicant: number;
  grant: number;
  /** A thread that the participant began, and its post, which the other participant has reported. */
  thread: number;
  post: number;
  /** The token of a link that stops a kind of mail to the participant. */
  unsubscribe: string;
  /** Data of the competition: what participants get, what nobody but its organizers gets, and what was submitted. */
  startingKit: Dataset;
  referenceData: Dataset;
  submittedFile: Dataset;
  /** Nobody's but theirs, and in no competition. */
  dataset: Dataset;
  /** More of those, by key, with their files on the way in parts. The bucket does not forget an upload that was begun or ended, so each is for one use. */
  uploads: Record<"unsent" | "begun" | "whole" | "unwanted", string>;
  /** Data that is everybody's. */
  openDataset: Dataset;
  openProgram: string;
  openTask: string;
  /** Shared with the collaborator, and in no competition. */
  task: number;
  /** Shared with the collaborator: the queue of the competition with its token and a job in quarantine, and one that rests. */
  queue: { id: string; name: string; url: string };
  workerToken: string;
  quarantined: string;
  /** A request for hosts of the queue, which nobody has decided. */
  capacityRequest: string;
  idleQueue: { id: string; name: string };
  /** The registry for which the idle queue has a login. */
  registry: string;
  /** A claimed attempt at a job of the queue, and the worker that claimed it. */
  attempt: string;
  identity: Record<string, unknown>;
  /** The organizer owns it, the collaborator manages it, the participant is in it, the other participant is invited. */
  organization: { id: number; name: string };
  membership: number;
  invitation: string;
  worksheets: WorksheetWorld;
}

export interface OpenWorld extends World {
  lab: Lab;
  /** Sends a request of an actor. */
  send(
    actor: Actor,
    method: string,
    path: string,
    request: { content?: Content; headers?: Record<string, string> },
  ): Promise<Answer>;
}
