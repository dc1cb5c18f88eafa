import { unlessAborted } from "../failure.ts";

interface Running<Result, News> {
  done: Promise<Result>;
  stop: AbortController;
  waiting: Set<(news: News) => void>;
  latest: News | undefined;
}

/** Work that several want at the same time is done once, for all who wait for it, and stopped when nobody does any more. */
export class SharedWork<Result, News> {
  readonly #running = new Map<string, Running<Result, News>>();

  /** Begins the work of a key, or waits for it where it runs already; all are told its news. An abort ends this wait only. */
  async join(
    key: string,
    work: (stop: AbortSignal, tell: (news: News) => void) => Promise<Result>,
    { signal, onNews }: { signal: AbortSignal; onNews: (news: News) => void },
  ): Promise<Result> {
    const running = this.#running.get(key) ?? this.#begin(key, work);
    // A function of this wait's own: the same one may wait twice.
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
    // All who wait may have gone.
    done.catch(() => {});
    this.#running.set(key, running);
    return running;
  }

  /** Whoever comes from now on begins anew. */
  #end(key: string, running: Running<Result, News>): void {
    running.stop.abort();
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
