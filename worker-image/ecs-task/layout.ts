/**
 * Paths in the containers of an ECS task. Its volumes are empty folders of its own. The task definition
 * (`launchers/ecs/task-definition.ts`) decides which container sees which volume.
 */
import type { ContainerName } from "../../contract/job.ts";

/** Paths in the container of a program. */
export const inProgram = {
  /** Read-only: the wrapper and its instructions. */
  control: "/benchstack/control",
  /** The logs that the wrapper writes. */
  logs: "/benchstack/logs",
  temporary: "/tmp",
};

/** Paths in the containers `stage` and `supervise`. */
export const inAgent = {
  control: (container: ContainerName) => `/benchstack/control/${container}`,
  /**
   * Below the root of the step, like everything that programs may write to, because the size of the root is watched.
   */
  logs: (container: ContainerName) => `/benchstack/step/logs/${container}`,
  /** The root of the step. No program sees all of it. */
  step: "/benchstack/step",
  folders: "/benchstack/step/folders",
  temporary: (container: ContainerName) => `/benchstack/step/scratch/${container}`,
};

/** The file of the wrapper in `control`. */
export const wrapperName = "wrapper";
/** The path of the wrapper in the worker image; see the Dockerfile. */
export const wrapperInImage = "/opt/benchstack/wrapper";
