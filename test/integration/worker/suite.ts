import type { Lab } from "./lab.ts";

/** What a set of rules is tried with: one launcher's worker in a lab. Labs start when tests do, so they are asked for. */
export interface Suite {
  launcher: "docker" | "sandbox" | "ecs";
  lab: () => Lab;
  /** An image whose user is an ordinary one and no other container's: the kernel counts processes by user. */
  ordinaryImage: () => string;
  /** Defines a test: `it.concurrent` where the worker has room for several, else `it`. */
  it: (name: string, test: () => Promise<void>) => void;
}
