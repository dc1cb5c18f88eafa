import { useEffect, useState } from "react";
import { readBlob } from "../blob.ts";
import { readInfo, streamNames, type StreamName } from "../queries.ts";
import { hasFiles, isLive, type Bundle } from "../types.ts";
import { Tail } from "./tail.ts";

const pauseMs = 1000;
const pauseAfterErrorMs = 5000;

/** Ends early if the page goes. */
const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

type Tails = Record<StreamName, Tail>;

export interface Streams {
  tails: Tails;
  /** Changes with every change of the lines. */
  version: number;
  /** Whether everything was read that there is now. */
  isRead: boolean;
  error: unknown;
}

/** Whether nobody waits any more. It changes while a request is on its way. */
const hasEnded = (signal: AbortSignal): boolean => signal.aborted;

/** Reads what a run has printed since the last time. Returns whether there was anything. */
async function readOn(uuid: string, tails: Tails, signal: AbortSignal): Promise<boolean> {
  const folder = await readInfo(uuid, "", signal);
  let found = false;
  for (const name of streamNames) {
    const size = folder?.contents?.find((one) => one.name === name && one.type === "file")?.size ?? 0;
    const range = tails[name].wanted(size);
    if (range === null) continue;
    const bytes = await readBlob(uuid, name, { range, signal });
    if (hasEnded(signal)) return found;
    tails[name].add(range[0], bytes);
    found ||= bytes.length > 0;
  }
  return found;
}

/** What a run prints, while it runs and afterwards. One request at a time asks for more. */
export function useStreams(bundle: Bundle): Streams {
  const { uuid } = bundle;
  const [live, readable] = [isLive(bundle), hasFiles(bundle)];
  const [tails] = useState((): Tails => ({ stdout: new Tail(false), stderr: new Tail(true) }));
  const [seen, see] = useState<Omit<Streams, "tails">>({ version: 0, isRead: !readable, error: null });
  useEffect(() => {
    if (!readable) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    const follow = async () => {
      for (;;) {
        let error: unknown = null;
        try {
          const found = await readOn(uuid, tails, signal);
          if (hasEnded(signal)) return;
          see((before) =>
            found || !before.isRead || before.error !== null
              ? { version: before.version + (found ? 1 : 0), isRead: true, error: null }
              : before,
          );
        } catch (caught) {
          if (hasEnded(signal)) return;
          error = caught;
          see((before) => ({ ...before, error }));
        }
        if (!live && error === null) return;
        await pause(error === null ? pauseMs : pauseAfterErrorMs, signal);
        if (hasEnded(signal)) return;
      }
    };
    void follow();
    return () => controller.abort();
  }, [uuid, tails, live, readable]);
  return { tails, ...seen };
}
