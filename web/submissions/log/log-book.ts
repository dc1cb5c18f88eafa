/** All that the containers of a run printed. The page reads it with `useSyncExternalStore`. */
import { Terminal, type Line } from "./terminal.ts";

/** The containers of a run, in the order in which a log shows them. */
export const containers = ["prediction_ingestion", "prediction", "scoring_ingestion", "scoring"] as const;
export type Container = (typeof containers)[number];

export interface Entry {
  /** `CONTAINER_stdout` or `CONTAINER_stderr`. */
  stream: string;
  text: string;
}

interface Log {
  lines: Line[];
  out: Terminal;
  err: Terminal;
}

const newLog = (): Log => {
  const lines: Line[] = [];
  const terminal = (isError: boolean) =>
    new Terminal(() => {
      const line = { spans: [], isError };
      lines.push(line);
      return line;
    });
  return { lines, out: terminal(false), err: terminal(true) };
};

export class LogBook {
  #logs = new Map<Container, Log>();
  readonly #listeners = new Set<() => void>();
  #attempt = 0;
  /** Changes with every change of the lines. */
  version = 0;
  complete = false;
  /** The container that printed last. */
  latest: Container | null = null;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly now = (): number => this.version;

  /** Adds what an answer of the API has. A new attempt begins new logs. */
  add({ attempt, entries, complete }: { attempt: number; entries: readonly Entry[]; complete: boolean }): void {
    if (attempt !== this.#attempt) {
      this.#logs = new Map();
      this.latest = null;
      this.#attempt = attempt;
    }
    for (const { stream, text } of entries) {
      const end = stream.lastIndexOf("_");
      const container = containers.find((one) => one === stream.slice(0, end));
      if (!container) continue;
      const log = this.#logs.get(container) ?? newLog();
      this.#logs.set(container, log);
      log[stream.endsWith("_stderr") ? "err" : "out"].write(text);
      this.latest = container;
    }
    this.complete = complete;
    this.version++;
    for (const listener of this.#listeners) listener();
  }

  linesOf = (container: Container): readonly Line[] => this.#logs.get(container)?.lines ?? [];

  /** The containers that printed anything. */
  get printed(): Container[] {
    return containers.filter((container) => this.linesOf(container).length > 0);
  }
}
