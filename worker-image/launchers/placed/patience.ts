/** The time limits of the parts of an ECS task. */
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long each part of a step that runs as an ECS task may take, in milliseconds. */
export interface Patience {
  /** From the request until the first message of the ECS task: finding a host, starting, pulling images. */
  start: { fargate: number; ec2: number };
  /** From there until its programs run: downloading and unpacking. */
  prepare: number;
  /** After the time limit: packing and uploading, before the worker stops the ECS task. */
  end: number;
  /** After a stop request: until `supervise` has uploaded its results and ECS reports the end. */
  stop: number;
  /** Without capacity all the time, until the step fails. */
  capacity: number;
  /** The first and the longest pause before capacity is requested again. Each pause is twice the one before. */
  capacityPause: { first: number; longest: number };
}

export const patience: Patience = {
  start: { fargate: 10 * minute, ec2: 20 * minute },
  prepare: hour,
  end: 30 * minute,
  stop: 150 * second,
  capacity: 24 * hour,
  // Short, because other jobs of the capacity provider wait until one finds capacity.
  capacityPause: { first: 15 * second, longest: minute },
};

/** The pause before the next request for capacity, after `tries` requests (1 or more). */
export const capacityPauseMs = (tries: number, { first, longest }: Patience["capacityPause"]): number =>
  Math.min(longest, first * 2 ** Math.min(tries - 1, 10));
