import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTexts } from "../texts.ts";
import { marked } from "./search.ts";
import { textOf, type Line } from "./terminal.ts";

/** Rows above and below those in sight, so that quick scrolling shows no gap. */
const margin = 20;
/** A longer line ends here on the page. The download has all of it. */
const maxLength = 4000;
/** Of a row, as `log.css` has it. */
const rowHeight = () => 1.25 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

interface LinesProps {
  lines: readonly Line[];
  /** Of the log: changes with its lines. */
  version: number;
  label: string;
  find: string;
  /** The line that the search is at. It is scrolled into sight. */
  current: number | undefined;
  following: boolean;
  onFollow: (following: boolean) => void;
}

/** The lines of a log. Only the rows in sight are in the document, so that its length does not matter. */
export function LogLines({ lines, version, label, find, current, following, onFollow }: LinesProps) {
  const t = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const [height] = useState(rowHeight);
  const [sight, setSight] = useState({ first: 0, count: 50 });
  const look = () => {
    const { scrollTop, clientHeight } = box.current!;
    const first = Math.max(0, Math.floor(scrollTop / height) - margin);
    const count = Math.ceil(clientHeight / height) + 2 * margin;
    setSight((before) => (before.first === first && before.count === count ? before : { first, count }));
  };
  useEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(box.current!);
    return () => observer.disconnect();
  });
  useLayoutEffect(() => {
    if (following) box.current!.scrollTop = box.current!.scrollHeight;
  }, [following, version]);
  useLayoutEffect(() => {
    if (current === undefined) return;
    const { clientHeight } = box.current!;
    box.current!.scrollTop = current * height - clientHeight / 2;
  }, [current, height]);
  const longest = useMemo(
    () =>
      Math.min(
        maxLength,
        lines.reduce((most, line) => Math.max(most, textOf(line).length), 0),
      ),
    // The list itself stays the same while lines are added.
    [lines, version],
  );
  const onScroll = () => {
    look();
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    // Whoever scrolls up wants to read, and whoever comes back to the end wants to see what follows.
    if (scrollTop < lastTop.current) onFollow(false);
    else if (scrollTop > lastTop.current && scrollTop + clientHeight >= scrollHeight - height) onFollow(true);
    lastTop.current = scrollTop;
  };
  const digits = String(lines.length).length;
  const shown = lines.slice(sight.first, sight.first + sight.count);
  return (
    <div ref={box} className="log-box" role="region" aria-label={label} tabIndex={0} onScroll={onScroll}>
      <div
        className="log-all"
        style={{ height: `${lines.length * height}px`, minWidth: `calc(${longest + digits}ch + var(--s-7))` }}
      >
        <div className="log-window" style={{ transform: `translateY(${sight.first * height}px)` }}>
          {shown.map((line, at) => {
            const number = sight.first + at;
            return (
              <div key={number} className="log-row" data-error={line.isError} data-current={number === current}>
                <span className="log-number" data-number={number + 1} style={{ width: `${digits}ch` }} />
                <span>
                  {line.isError && <span className="hidden">{t.log.stderr}: </span>}
                  {marked(line, find, maxLength).map(({ text, classes, found }, part) =>
                    found ? (
                      <mark key={part} className={classes}>
                        {text}
                      </mark>
                    ) : (
                      <span key={part} className={classes}>
                        {text}
                      </span>
                    ),
                  )}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
