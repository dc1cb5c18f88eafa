const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long the parts of a step may take that runs as a task, and how often they are done again. In milliseconds. */
export interface Patience {
  /** From the request for a task to its first word: a host, its start, its images. */
  start: { fargate: number; ec2: number };
  /** From there until its programs run: fetching and unpacking. */
  prepare: number;
  /** After the time limit: packing and uploading, before the worker stops the task itself. */
  end: number;
  /** What `supervise` may take to upload when it is told to stop, and the cluster to tell. */
  stop: number;
  /** In a row without capacity, before the step fails. */
  capacity: number;
  /** Before capacity is asked for again: at first, doubling each time, and at most. */
  capacityPause: { first: number; longest: number };
}

export const patience: Patience = {
  start: { fargate: 10 * minute, ec2: 20 * minute },
  prepare: hour,
  end: 30 * minute,
  stop: 150 * second,
  capacity: 24 * hour,
  capacityPause: { first: 30 * second, longest: 15 * minute },
};

/** The pause before the next try to get capacity, after `tries` (from 1). */
export const capacityPauseMs = (tries: number, { first, longest }: Patience["capacityPause"]): number =>
  Math.min(longest, first * 2 ** Math.min(tries - 1, 10));
