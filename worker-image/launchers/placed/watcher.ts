import type { Log } from "../../log.ts";
import type { SeenPlacement } from "./backend.ts";

type Listener = (seen: SeenPlacement | "missing") => void;

export interface WatcherOptions {
  /** The states of some launches by id. Those that are left out are missing. */
  look: (ids: string[]) => Promise<Map<string, SeenPlacement>>;
  /** The maximum number of ids for one look. */
  batch: number;
  pauseMs: number;
  log: Log;
}

/** Looks at launches repeatedly. All that are watched share calls. */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #watched = new Map<string, Set<Listener>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  watch(id: string, listener: Listener): () => void {
    const listeners = this.#watched.get(id) ?? new Set();
    this.#watched.set(id, listeners.add(listener));
    this.#timer ??= setTimeout(() => void this.#look(), this.#options.pauseMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#watched.delete(id);
    };
  }

  async #look(): Promise<void> {
    const { look, batch, pauseMs, log } = this.#options;
    const ids = [...this.#watched.keys()];
    try {
      for (let at = 0; at < ids.length; at += batch) {
        const some = ids.slice(at, at + batch);
        const seen = await look(some);
        for (const id of some) for (const listener of this.#watched.get(id) ?? []) listener(seen.get(id) ?? "missing");
      }
    } catch (error) {
      log.warn("tasks.unseen", { error });
    }
    this.#timer = this.#watched.size === 0 ? undefined : setTimeout(() => void this.#look(), pauseMs);
  }
}
