import { useEffect, useRef, useState } from "react";
import { discard, forget, upload } from "../upload/upload.ts";
import { checkFile, type Limits } from "./check-file.ts";
import { useTexts } from "./texts.ts";

interface Progress {
  sent: number;
  /** Bytes a second; null until it can be told. */
  rate: number | null;
  isBroken: boolean;
}

/** How far the chosen file is. */
export type Chosen = { file: File } & (
  | { step: "checking" }
  | { step: "refused"; problem: string }
  | { step: "doubtful"; folder: string; checksum: string }
  | ({ step: "sending" } & Progress)
  | { step: "sent"; key: string; checksum: string }
  | { step: "failed"; error: unknown }
);

/** Speeds of the first moments say little. */
const steadyMs = 1000;

/** The file that somebody chose: checked, then uploaded at once, while they fill in the rest. */
export function useFile(limits: Limits, competition: number) {
  const t = useTexts();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const submission = (file: File, checksum: string) =>
    ({ dataset: { type: "submission", competition }, file, identity: checksum }) as const;

  async function send(file: File, checksum: string): Promise<void> {
    const controller = new AbortController();
    running.current?.abort();
    running.current = controller;
    const { signal } = controller;
    const begin = Date.now();
    let first: number | null = null;
    let progress: Progress = { sent: 0, rate: null, isBroken: false };
    const show = (change: Partial<Progress>) => {
      if (signal.aborted) return;
      progress = { ...progress, ...change };
      setChosen({ step: "sending", file, ...progress });
    };
    show({});
    try {
      const key = await upload({
        ...submission(file, checksum),
        signal,
        onProgress: (sent) => {
          // What an earlier upload has sent is not of this speed.
          first ??= sent;
          const passed = Date.now() - begin;
          show({ sent, rate: passed > steadyMs ? ((sent - first) * 1000) / passed : null });
        },
        onBreak: (isBroken) => show({ isBroken }),
      });
      if (!signal.aborted) setChosen({ step: "sent", file, key, checksum });
    } catch (error) {
      if (!signal.aborted) setChosen({ step: "failed", file, error });
    }
  }

  async function choose(file: File): Promise<void> {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setChosen({ step: "checking", file });
    try {
      const checked = await checkFile(file, limits, t);
      if (controller.signal.aborted) return;
      if (checked.problem !== null) setChosen({ step: "refused", file, problem: checked.problem });
      else if (checked.folder !== undefined)
        setChosen({ step: "doubtful", file, folder: checked.folder, checksum: checked.checksum });
      else await send(file, checked.checksum);
    } catch (error) {
      if (!controller.signal.aborted) setChosen({ step: "failed", file, error });
    }
  }

  function remove(): void {
    running.current?.abort();
    if (chosen?.step === "sent") {
      forget(submission(chosen.file, chosen.checksum));
      // What is left if this fails, the platform deletes later.
      void discard(chosen.key).catch(() => undefined);
    }
    setChosen(null);
  }

  /** The upload belongs to a submission now. */
  function done(): void {
    if (chosen?.step === "sent") forget(submission(chosen.file, chosen.checksum));
  }

  return { chosen, choose, remove, send, done };
}
