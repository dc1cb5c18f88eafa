/** Where the launches of a step go: to the capacity provider of its profile, or to the fallback. */
import type { WorkerApi } from "../../api-client.ts";
import type { Log } from "../../log.ts";
import type { EcsProfile } from "../ecs/config.ts";

/** The fallback is used after capacity was taken back this number of times. */
const maxInterruptions = 2;

/** Chooses for one step, by what it finds itself and what other steps have told the platform. */
export class ProviderChoice {
  readonly #capacity: string;
  readonly #fallback: string | undefined;
  readonly #api: Pick<WorkerApi, "capacity">;
  readonly #log: Log;
  #interruptions: number;
  #tries = 0;
  /** The provider of the last launch; null if an earlier worker made it. */
  #last: string | null = null;
  #hasStarted = false;

  constructor(
    { capacity, fallback }: EcsProfile,
    { api, interruptions, log }: { api: Pick<WorkerApi, "capacity">; interruptions: number; log: Log },
  ) {
    this.#capacity = capacity;
    this.#fallback = fallback;
    this.#api = api;
    this.#interruptions = interruptions;
    this.#log = log;
  }

  /** Where the last launch went. */
  get last(): string {
    return this.#last ?? this.#capacity;
  }

  /** Requests without capacity in a row. */
  get tries(): number {
    return this.#tries;
  }

  /** Whether the next request goes to the other one of two providers, so that it needs no pause. */
  get hasOther(): boolean {
    return this.#fallback !== undefined && this.#tries % 2 === 1;
  }

  async next(): Promise<string> {
    this.#hasStarted = false;
    return (this.#last = await this.#choose());
  }

  async #choose(): Promise<string> {
    const fallback = this.#fallback;
    if (fallback === undefined) return this.#capacity;
    if (this.#interruptions >= maxInterruptions) return fallback;
    if (this.hasOther) return this.#last === fallback ? this.#capacity : fallback;
    const lacking = await this.#api.capacity(this.#capacity).catch((error: unknown) => {
      this.#log.warn("capacity.unshared", { error });
      return null;
    });
    return lacking === null ? this.#capacity : fallback;
  }

  /** A request found no capacity. */
  lacked(): void {
    this.#tries++;
  }

  /** No host came for an accepted request. Other steps need not wait as long to find this out; a refusal, they get at once. */
  hadNoHost(lacking: string): Promise<void> {
    return this.#tell(lacking);
  }

  /** AWS took the capacity of a launch back. */
  async interrupted(): Promise<void> {
    if (++this.#interruptions === maxInterruptions) await this.#tell("AWS took the capacity back");
  }

  /** A launch has a place. */
  async started(): Promise<void> {
    this.#tries = 0;
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    await this.#tell(null);
  }

  /** Tells other steps what this one found at a provider that has a fallback. */
  async #tell(lacking: string | null): Promise<void> {
    if (this.#fallback === undefined || this.#last !== this.#capacity) return;
    await this.#api.capacity(this.#capacity, { lacking }).catch((error: unknown) => {
      this.#log.warn("capacity.unshared", { error });
    });
  }
}
