import { useEffect, useRef, useState } from "react";
import type { Dropped } from "./dropped.ts";

/** Takes files that are dropped on the page. Says whether some are held over it. */
export function useDrop(onDrop: ((dropped: Dropped[]) => void) | null): boolean {
  const [isOver, setOver] = useState(false);
  const current = useRef(onDrop);
  useEffect(() => {
    current.current = onDrop;
  });
  useEffect(() => {
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!current.current || !hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      if (relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!current.current || !event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      // They must be taken before anything is waited for, because they are gone afterwards.
      const entries = [...event.dataTransfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
      void import("./dropped.ts")
        .then(({ droppedOf }) => droppedOf(entries))
        .then((dropped) => current.current?.(dropped));
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  return isOver;
}
