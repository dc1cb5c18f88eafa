/** What charts measure with. */
import { useLayoutEffect, useRef, useState } from "react";

export interface Point {
  id: number;
  score: number;
  /** Milliseconds since 1970. */
  time: number;
  mine: boolean;
  isRecord: boolean;
}

/** The pixels of a range of values. All values that are the same stand in the middle. */
export function scale([low, high]: readonly [number, number], [from, to]: readonly [number, number]) {
  return (value: number): number =>
    high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);
}

/** Round values in a range, at most `most`: steps of 1, 2 or 5. */
export function ticks([low, high]: readonly [number, number], most: number): number[] {
  if (high === low) return [low];
  const rough = (high - low) / most;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= rough) ?? 10 * magnitude;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** The pixels that the longest of some labels needs at the size of labels, which is not measured: enough for digits and small letters. */
export const roomFor = (labels: string[]): number => 7.5 * Math.max(0, ...labels.map(({ length }) => length));

/** The width of an element, which a chart fills. */
export function useWidth<Shown extends Element>() {
  const element = useRef<Shown>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const shown = element.current;
    if (!shown) return;
    const measure = () => setWidth(shown.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(shown);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}
