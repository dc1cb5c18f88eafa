import type { ContainerName } from "../../contract/job.ts";

/**
 * Where things are in the containers of a task. A task's volumes are empty folders of its own; which container sees
 * which is decided by the task definition (`launchers/ecs/task-definition.ts`).
 */

/** A program's own view. */
export const inProgram = {
  /** Read-only: the wrapper, and what it is told. */
  control: "/benchstack/control",
  /** What the wrapper writes. */
  logs: "/benchstack/logs",
  temporary: "/tmp",
};

/** The view of `stage` and `supervise`. */
export const inAgent = {
  control: (container: ContainerName) => `/benchstack/control/${container}`,
  /** Below the root of the step, as all that programs may write to: its size is watched. */
  logs: (container: ContainerName) => `/benchstack/step/logs/${container}`,
  /** The root of the step; no program sees all of it. */
  step: "/benchstack/step",
  folders: "/benchstack/step/folders",
  temporary: (container: ContainerName) => `/benchstack/step/scratch/${container}`,
};

/** The file of the wrapper in `control`. */
export const wrapperName = "wrapper";
/** Where the worker image has it; see the Dockerfile. */
export const wrapperInImage = "/opt/benchstack/wrapper";
