import { useEffect, useRef, useState } from "react";
import { keep } from "../../app/language.ts";

/** What has the focus: a block or a row of it. What a search found is in no block of its own, and has the number -1. */
export interface Focused {
  block: number;
  row: number | null;
  element: HTMLElement | null;
}

/** What keys do with what has the focus, by the name of the key as the browser tells it. */
export type Keys = Record<string, (focused: Focused) => void>;

const storedUnder = "worksheet keys";

/** Whether single keys do something. People whose programs send keys by themselves turn them off. */
export function useKeysOn(): [isOn: boolean, turn: (isOn: boolean) => void] {
  const [isOn, setOn] = useState(() => localStorage.getItem(storedUnder) !== "off");
  return [
    isOn,
    (isOn) => {
      setOn(isOn);
      keep(storedUnder, isOn ? null : "off");
    },
  ];
}

function focusedOf(element: HTMLElement | null): Focused {
  const [block = -1, row = null] = element?.dataset["place"]?.split(",").map(Number) ?? [];
  return { block, row, element };
}

/** The blocks and rows between which the arrows go. A block with rows is entered by its first one. */
const stops = () => [...document.querySelectorAll<HTMLElement>("[data-place]")];

/** Moves the focus to a block, or to a row of it. */
export function focusPlace(block: number, row?: number): void {
  const place = row === undefined ? String(block) : `${block},${row}`;
  const element = document.querySelector<HTMLElement>(`[data-place="${place}"]`);
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
}

/** Whether keys belong to what has the focus, such as a field or a dialog. */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open], :popover-open")) return true;
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Moves from thing to thing with j and k or the arrows, and calls what other keys do. */
export function useKeys(keys: Keys, isOn: boolean): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    if (!isOn) return;
    let before = "";
    const step = (by: number) => {
      const all = stops();
      const at = all.findIndex((one) => one === document.activeElement?.closest("[data-place]"));
      const next = all[at === -1 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.defaultPrevented || isTaken(event.target)) return;
      const name = event.altKey ? `Alt+${event.key}` : event.key;
      const sequence = `${before} ${name}`.trim();
      before = name === "a" || name === "g" ? name : "";
      const focused = document.activeElement?.closest<HTMLElement>("[data-place]") ?? null;
      // Arrows scroll the page unless something on the worksheet has the focus.
      const isArrow = name === "ArrowDown" || name === "ArrowUp";
      if (isArrow && document.activeElement !== focused) return;
      // Enter presses the link or button that has the focus.
      if (name === "Enter" && (!focused || document.activeElement !== focused)) return;
      if (name === "j" || name === "ArrowDown") step(1);
      else if (name === "k" || name === "ArrowUp") step(-1);
      else if (sequence === "g g") step(-Infinity);
      else if (name === "G") step(Infinity);
      else {
        const act = current.current[sequence] ?? current.current[name];
        if (!act) return;
        act(focusedOf(focused));
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isOn]);
}
