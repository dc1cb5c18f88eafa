/**
 * Whether two steps can be on one host at the same time. ECS places one step on a host (`distinctInstance`), but counts a step
 * that is stopping no more. The agent on the host does: it starts no containers before the memory and the GPUs that they ask
 * for are free. So two steps never overlap where each needs more than half of the same of these.
 */
import type { InstanceType } from "./instance-types.ts";

interface Size {
  memoryMiB: number;
  gpus: number;
}

/** The least memory of a step that leaves too little for a second one, even if the system of the host needed none. */
export const aloneMiB = ({ memoryGiB }: InstanceType): number => (memoryGiB * 1024) / 2 + 1;

/** Of the steps that run on an instance type, those that could begin while another one is still stopping. */
export function overlapping<Step extends Size>(type: InstanceType, steps: Step[]): Step[] {
  if (steps.every(({ gpus }) => 2 * gpus > type.gpus && gpus > 0)) return [];
  return steps.filter(({ memoryMiB }) => memoryMiB < aloneMiB(type));
}
