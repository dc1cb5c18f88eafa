import type { Order } from "../../kernel/db/page.ts";
import type { SubmissionStatus } from "../rules/submission-status.ts";

/** Which submissions a list has, for whom, and in which order. */
export interface SubmissionFilter {
  /** Null for anonymous visitors, who see Finished leaderboard entries of public competitions. */
  viewerId: number | null;
  viewerIsSuperuser: boolean;
  /** Robots see the submissions to competitions that allow robots. */
  viewerIsBot: boolean;
  phase?: number | undefined;
  competition?: number | undefined;
  /** Any of these, if there are some. */
  statuses: SubmissionStatus[];
  /** A username. */
  owner?: string | undefined;
  task?: number | undefined;
  onLeaderboard?: boolean | undefined;
  search?: string | undefined;
  /** True for only soft-deleted ones, false for only others. */
  softDeleted?: boolean | undefined;
  /** Whether organizers get soft-deleted ones as well. */
  withSoftDeleted: boolean;
  /** Whether the children of submissions to several tasks are in the list beside their parents. */
  withChildren: boolean;
  order: Order<SubmissionOrder>;
}

/** What submissions can be ordered by. */
export const submissionOrders = ["id", "owner", "status", "finished_when"] as const;
export type SubmissionOrder = (typeof submissionOrders)[number];
