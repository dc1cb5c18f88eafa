import { useEffect, useState, useSyncExternalStore } from "react";
import { api, ask } from "../../api/client.ts";
import { LogBook } from "./log-book.ts";

const waitSeconds = 20;
const pauseAfterErrorMs = 5000;

/** Ends early if the page goes. */
const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** Whether nobody waits any more. It changes while a request is on its way. */
const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

/** Reads the logs of a run until nothing follows. One request at a time waits for more, or pauses as long as it is told. */
async function follow(id: number, book: LogBook, signal: AbortSignal, tell: (error: unknown) => void): Promise<void> {
  let cursor: string | undefined;
  while (!signal.aborted && !book.complete) {
    try {
      const answer = await ask(
        api.GET("/api/submissions/{id}/log_entries/", {
          params: { path: { id }, query: { wait: waitSeconds, ...(cursor !== undefined && { cursor }) } },
          signal,
        }),
      );
      cursor = answer.cursor;
      book.add(answer);
      tell(null);
      if (!answer.complete && answer.ask_again_seconds > 0) await pause(answer.ask_again_seconds * 1000, signal);
    } catch (error) {
      if (hasEnded(signal)) return;
      tell(error);
      await pause(pauseAfterErrorMs, signal);
    }
  }
}

/** The logs of a run as they arrive, and what went wrong with the last request for more. */
export function useLog(id: number): { book: LogBook; error: unknown } {
  const [book] = useState(() => new LogBook());
  const [error, tell] = useState<unknown>(null);
  useEffect(() => {
    const controller = new AbortController();
    void follow(id, book, controller.signal, tell);
    return () => controller.abort();
  }, [id, book]);
  useSyncExternalStore(book.subscribe, book.now);
  return { book, error };
}
