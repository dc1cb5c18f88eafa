/**
 * The interface between steps and engines that have capacity for them. Whatever steps have in common is outside: orders and
 * results, permission, logs, time limits, cancellation, adoption, retries and reasons of waiting.
 */
import type { SignedObject, Step, StoppedEcsTask } from "../../../contract/job.ts";
import type { Log } from "../../log.ts";
import type { ImportedImage } from "../../registry/image-importer.ts";
import type { EcsProfile } from "../ecs/config.ts";
import type { Patience } from "./patience.ts";

/** A request to an engine. It is stored before it is sent, so that another worker can send the same one again. */
export type PlaceRequest = Record<string, unknown>;

/** One launch of a step. */
export interface Placement {
  attempt: string;
  /** Id of the request that asked for the job. */
  correlationId?: string | undefined;
  step: Step<SignedObject>;
  /** Counts from 1. Every launch is placed on its own. */
  number: number;
  profile: EcsProfile;
  /** Where to place it: the profile's `capacity` or `fallback`. */
  capacity: string;
  /** What `define` returned. */
  definition: string;
  /** The signed URL of the order of the step. */
  orderUrl: string;
}

/** Why an engine placed nothing. */
export type PlaceRefusal =
  /** It lacks capacity at the moment. */
  | { kind: "capacity"; lacking: string }
  /** It received too many requests, or does not answer. */
  | { kind: "throttled" }
  /** The request is not valid and would never succeed. */
  | { kind: "broken"; message: string };

/** What an engine says about a launch that it accepted. */
export interface SeenPlacement {
  /** Whether a host was found for it. */
  hasHost: boolean;
  /** What it waits for without a host, in a few words for people, if the engine says so. */
  lacking?: string | undefined;
  /** Set once it has ended. `no host`: the engine gave it up before it found one. */
  stopped: StoppedEcsTask | "no host" | null;
}

/** What to do after a launch ended without a result. */
export type StopVerdict =
  /** Launch the step again. `interrupted`: the capacity was taken back. */
  | { kind: "again"; interrupted: boolean; why: string }
  /** Our repository no longer has the image: it was deleted after it was looked up. */
  | { kind: "image lost"; why: string }
  | {
      kind: "failed";
      code: "IMAGE_NOT_FOUND" | "IMAGE_PULL" | "OUT_OF_MEMORY" | "BAD_COMMAND" | "DISK_LIMIT";
      message: string;
    };

/** A place where steps run, away from the worker. docs/decisions/0030-engines.md says how another one is written. */
export interface CapacityBackend {
  /** For people and logs. */
  readonly kind: string;
  /** Whether it keeps a request until there is a host, so that a new request would have to queue again. */
  readonly queues: boolean;
  /** Whether a profile's steps are placed here. */
  serves(profile: EcsProfile): boolean;
  /** Whether a stored request is one of this engine. */
  made(request: PlaceRequest): boolean;
  /** How long a launch may take to start. */
  startsOn(profile: EcsProfile): keyof Patience["start"];
  /** The memory of one program of a step, in MiB. */
  programMiB(step: Pick<Step<unknown>, "limits" | "containers">, profile: EcsProfile): number;
  /**
   * Registers what the engine has to know before it can place a step, and returns its name. Does so again if it was removed.
   * Throws `StepFailure`, or the engine's error.
   */
  define(step: Step<SignedObject>, image: ImportedImage, profile: EcsProfile, signal: AbortSignal): Promise<string>;
  /** The request for a launch. The same launch always has the same name. */
  request(placement: Placement): PlaceRequest;
  /**
   * Places a launch, or finds the one that the same request placed before. Returns its id, or why it was not placed.
   * Throws only when `signal` is aborted.
   */
  place(request: PlaceRequest, signal: AbortSignal): Promise<string | PlaceRefusal>;
  /** Calls `listener` with the state of a launch repeatedly, until the returned function is called. */
  watch(id: string, listener: (seen: SeenPlacement | "missing") => void): () => void;
  /** Its containers, with the reasons of their ends as far as the engine knows them. */
  containersOf(id: string): Promise<StoppedEcsTask["containers"]>;
  /** Decides what follows from an end without a result. */
  judge(stopped: StoppedEcsTask): StopVerdict;
  /** Stops a launch. Has no effect on one that has ended. Does not throw. */
  stop(id: string, reason: string, log?: Log): Promise<void>;
  /** The launches of this deployment that wait or run here. */
  status(): Promise<{ id: string; attempt: string }[]>;
  /** The list price of an hour on a profile, in millionths of a USD; null if the engine does not know its hosts. */
  price(profile: EcsProfile): number | null;
  /** Removes what `define` registered and nobody has used for a month. Returns its number. */
  removeUnused(): Promise<number>;
}
