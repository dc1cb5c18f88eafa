import "./report.css";
import { Fragment, useMemo } from "react";
import { number } from "../app/format.ts";
import type { Problem } from "./queries.ts";
import { useTexts } from "./texts.ts";
import { lineInMessage, lineOfPath } from "./yaml-lines.ts";

/** Lines around one with a problem. */
const around = 3;
/** A file of this length is shown whole. */
const shortLines = 60;

/** A bundle's problems at the lines of its competition.yaml, if that is here. */
export function Report({ yaml, problems }: { yaml: string | null; problems: Problem[] }) {
  const t = useTexts();
  const { whole, byLine } = useMemo(() => placed(yaml ?? "", problems), [yaml, problems]);
  return (
    <>
      {whole.length > 0 && (
        <ul className="report-whole" aria-label={t.whole}>
          {whole.map((problem, at) => (
            <li key={at} className={`notice ${problem.severity === "error" ? "bad" : "wait"}`}>
              <Sentence problem={problem} />
            </li>
          ))}
        </ul>
      )}
      {yaml !== null && <Yaml source={yaml} byLine={byLine} />}
    </>
  );
}

function Sentence({ problem: { code, path, severity, message } }: { problem: Problem }) {
  const t = useTexts();
  return (
    <>
      <span className="hidden">{severity === "error" ? t.error : t.warning}: </span>
      <b>{code}</b>
      {path !== "" && <code className="report-path"> {path}</code>} · {message}
    </>
  );
}

function placed(yaml: string, problems: Problem[]) {
  const whole: Problem[] = [];
  const byLine = new Map<number, Problem[]>();
  for (const problem of problems) {
    const line = yaml === "" ? undefined : (lineOfPath(yaml, problem.path) ?? lineInMessage(problem.message));
    if (line === undefined) whole.push(problem);
    else byLine.set(line, [...(byLine.get(line) ?? []), problem]);
  }
  return { whole, byLine };
}

function Yaml({ source, byLine }: { source: string; byLine: Map<number, Problem[]> }) {
  const t = useTexts();
  const lines = source.replace(/\s+$/, "").split(/\r\n|\r|\n/);
  const shown = (at: number) =>
    lines.length <= shortLines || [...byLine.keys()].some((line) => Math.abs(line - at) <= around) || at < around;
  // A row for the lines between those that are shown.
  const rows = lines.flatMap((text, at) =>
    shown(at) ? [{ at, text, left: 0 }] : at > 0 && !shown(at - 1) ? [] : [{ at, text: "", left: gap(at) }],
  );
  function gap(from: number) {
    let to = from;
    while (to < lines.length && !shown(to)) to += 1;
    return to - from;
  }
  return (
    <div className="report-yaml">
      <ol className="report-lines" aria-label={t.description}>
        {rows.map(({ at, text, left }) =>
          left > 0 ? (
            <li key={at} className="report-gap">
              {t.hidden(number(left))}
            </li>
          ) : (
            <li key={at} className="report-line" data-state={stateOf(byLine.get(at))}>
              <span className="report-number numbers">{at + 1}</span>
              <code className="report-text">
                <Colored text={text} />
              </code>
              {byLine.get(at)?.map((problem, index) => (
                <p key={index} className={`report-problem ${problem.severity}`}>
                  <span className="hidden">{problem.severity === "error" ? t.error : t.warning}: </span>
                  {problem.code} · {problem.message}
                </p>
              ))}
            </li>
          ),
        )}
      </ol>
    </div>
  );
}

const stateOf = (problems: Problem[] | undefined) =>
  problems?.some(({ severity }) => severity === "error") ? "error" : problems && "warning";

/** A line with its key, text and comment in colours. */
function Colored({ text }: { text: string }) {
  const [, indent = "", key, rest = ""] = /^(\s*(?:- +)*)([\w"'-][^:#]*:(?= |$))?(.*)$/.exec(text) ?? [];
  const isText = /^\s*(?:["']|[A-Za-z/.])/.test(rest) && !/^\s*(?:true|false|null|yes|no)\s*$/i.test(rest);
  return (
    <Fragment>
      {indent}
      {key && <span className="report-key">{key}</span>}
      {/^\s*#/.test(rest) ? (
        <span className="report-comment">{rest}</span>
      ) : isText ? (
        <span className="report-string">{rest}</span>
      ) : (
        rest
      )}
      {text === "" && " "}
    </Fragment>
  );
}
