import { useEffect, useRef, useState } from "react";
import type { Sending } from "./upload.ts";

/** How far an upload of this page is. It ends when the page is left. */
export function useSending() {
  const [sent, setSent] = useState(0);
  const [isBroken, setBroken] = useState(false);
  const running = useRef<AbortController>(undefined);
  const stop = () => running.current?.abort();
  useEffect(() => stop, []);
  const begin = (): Sending => {
    setSent(0);
    setBroken(false);
    running.current = new AbortController();
    return { signal: running.current.signal, onProgress: setSent, onBreak: setBroken };
  };
  return { sent, isBroken, begin, stop, isStopped: running.current?.signal.aborted === true };
}
