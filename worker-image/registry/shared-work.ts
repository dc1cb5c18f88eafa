import { unlessAborted } from "../failure.ts";

interface Running<Result, News> {
  done: Promise<Result>;
  stop: AbortController;
  waiting: Set<(news: News) => void>;
  latest: News | undefined;
}

/**
 * Shares work between callers: work with the same key runs once for all callers, and is stopped when none waits for it
 * any more.
 */
export class SharedWork<Result, News> {
  readonly #running = new Map<string, Running<Result, News>>();

  /**
   * Starts the work of a key or joins it, and waits for its result. `onNews` receives the latest news and all further
   * ones. An abort ends only this caller's wait.
   */
  async join(
    key: string,
    work: (stop: AbortSignal, tell: (news: News) => void) => Promise<Result>,
    { signal, onNews }: { signal: AbortSignal; onNews: (news: News) => void },
  ): Promise<Result> {
    const running = this.#running.get(key) ?? this.#begin(key, work);
    // A new function for each call, because two calls may pass the same `onNews`.
    const listener = (news: News) => onNews(news);
    running.waiting.add(listener);
    if (running.latest !== undefined) listener(running.latest);
    try {
      return await unlessAborted(running.done, signal);
    } finally {
      running.waiting.delete(listener);
      if (running.waiting.size === 0) this.#end(key, running);
    }
  }

  #begin(key: string, work: (stop: AbortSignal, tell: (news: News) => void) => Promise<Result>): Running<Result, News> {
    const stop = new AbortController();
    const tell = (news: News) => {
      running.latest = news;
      for (const listener of running.waiting) listener(news);
    };
    const done = Promise.resolve()
      .then(() => work(stop.signal, tell))
      .finally(() => this.#end(key, running));
    const running: Running<Result, News> = { done, stop, waiting: new Set(), latest: undefined };
    // Every caller may have been aborted, and nobody else handles the error.
    done.catch(() => {});
    this.#running.set(key, running);
    return running;
  }

  /** The next caller starts the work anew. */
  #end(key: string, running: Running<Result, News>): void {
    running.stop.abort();
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
