import "./log.css";
import { useMemo, useState, type ReactNode } from "react";
import { number } from "../../app/format.ts";
import { Icon } from "../../design/icons.tsx";
import { Segments } from "../../design/segments.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import { useTexts } from "../texts.ts";
import { LogLines } from "./log-lines.tsx";
import { linesWith } from "./search.ts";
import { textOf, type Line } from "./terminal.ts";

interface PanelProps<Name extends string> {
  /** What printed, of which one is chosen. */
  logs: readonly { name: Name; words: string }[];
  /** The words for the choice between them. */
  label: string;
  chosen: Name;
  onChoose: (name: Name) => void;
  /** Of the chosen one. The list itself stays the same while lines are added, and the version changes. */
  lines: readonly Line[];
  version: number;
  /** Whether more may come. */
  isLive: boolean;
  /** Whether the end is shown first. */
  startsAtEnd: boolean;
  /** What stands there when nothing was printed. */
  empty: string;
  /** What is missing of what was printed. */
  note?: ReactNode;
  error: unknown;
  /** What the lines are called as a file. */
  fileName: string;
}

/** What programs print, while they do and afterwards: lines that can be searched, followed and saved. */
export function LogPanel<Name extends string>(props: PanelProps<Name>) {
  const t = useTexts();
  const { logs, label, chosen, onChoose, lines, version, isLive, startsAtEnd, empty, note, error, fileName } = props;
  const [following, setFollowing] = useState(startsAtEnd);
  const [find, setFind] = useState("");
  const [at, setAt] = useState<number | null>(null);
  // The list itself stays the same while lines are added.
  const hits = useMemo(() => linesWith(lines, find), [lines, version, find]);
  const current = at === null ? undefined : hits[at];
  const step = (by: number) => {
    if (hits.length === 0) return;
    setFollowing(false);
    setAt(at === null ? (by > 0 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length);
  };
  return (
    <section className="card log" aria-label={t.log.title}>
      <div className="log-tools">
        <Segments label={label}>
          {logs.map(({ name, words }) => (
            <button
              key={name}
              type="button"
              aria-current={name === chosen ? "true" : undefined}
              onClick={() => {
                setAt(null);
                onChoose(name);
              }}
            >
              {words}
            </button>
          ))}
        </Segments>
        <form
          role="search"
          className="log-search"
          onSubmit={(event) => {
            event.preventDefault();
            step(1);
          }}
        >
          <input
            type="search"
            className="input"
            aria-label={t.log.find}
            placeholder={t.log.find}
            value={find}
            onChange={({ target }) => {
              setFind(target.value);
              setAt(null);
            }}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || !event.shiftKey) return;
              event.preventDefault();
              step(-1);
            }}
          />
          <span role="status" className="small quiet numbers">
            {find === "" ? "" : t.log.hits(at === null ? null : number(at + 1), number(hits.length), hits.length)}
          </span>
          {find !== "" && (
            <>
              <button type="button" className="button" disabled={hits.length === 0} onClick={() => step(-1)}>
                <span aria-hidden="true">↑</span>
                <span className="hidden">{t.log.previous}</span>
              </button>
              <button type="submit" className="button" disabled={hits.length === 0}>
                <span aria-hidden="true">↓</span>
                <span className="hidden">{t.log.next}</span>
              </button>
            </>
          )}
        </form>
        <span className="small quiet numbers log-count">{t.log.lines(lines.length, number(lines.length))}</span>
        {isLive && lines.length > 0 && (
          <button type="button" className="button" onClick={() => setFollowing(!following)}>
            {following ? t.log.pause : t.log.follow}
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={lines.length === 0}
          aria-label={t.log.download}
          title={t.log.download}
          onClick={() => save(lines, fileName)}
        >
          <Icon name="download" />
        </button>
      </div>
      {error !== null && <ErrorNotice error={error} className="log-error" />}
      {note !== undefined && <p className="small quiet log-note">{note}</p>}
      {lines.length === 0 ? (
        <p className="log-box log-empty">{empty}</p>
      ) : (
        <LogLines
          key={chosen}
          lines={lines}
          version={version}
          label={`${t.log.title}: ${logs.find(({ name }) => name === chosen)?.words}`}
          find={find}
          current={current}
          following={following}
          onFollow={setFollowing}
        />
      )}
    </section>
  );
}

/** Downloads lines as they are shown, without colours. */
function save(lines: readonly Line[], name: string): void {
  const url = URL.createObjectURL(
    new Blob([lines.map((line) => `${textOf(line)}\n`).join("")], { type: "text/plain" }),
  );
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
