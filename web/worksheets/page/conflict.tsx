import { useEffect, useRef, useState } from "react";
import { number } from "../../app/format.ts";
import { Segments } from "../../design/segments.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import type { Conflict } from "./changes.ts";
import { chosenLines, type Choice } from "./merge.ts";
import { useEditingTexts } from "./editing-texts.ts";
import type { Writing } from "./use-writing.ts";

const choices = ["mine", "theirs", "both"] as const;

/** Lines that somebody else has changed as well, side by side. Until somebody chooses, both are kept. */
export function Conflicts({ writing, conflict }: { writing: Writing; conflict: Conflict }) {
  const t = useEditingTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  const [chosen, setChosen] = useState<(Choice | undefined)[]>([]);
  useEffect(() => heading.current?.focus(), []);
  let count = 0;
  return (
    <section className="card sheet-conflicts" aria-labelledby="sheet-conflicts">
      <h2 id="sheet-conflicts" ref={heading} tabIndex={-1}>
        {t.conflictTitle}
      </h2>
      <p>{t.conflictAbout}</p>
      <ol className="sheet-conflict-list">
        {conflict.pieces.map((piece, at) => {
          if (piece.kind !== "conflict") return null;
          const name = t.place(number(++count));
          const choice = chosen[at] ?? "both";
          return (
            <li key={at}>
              <div className="sheet-conflict-head">
                <h3>{name}</h3>
                <Segments label={name}>
                  {choices.map((one) => (
                    <button
                      key={one}
                      type="button"
                      aria-current={choice === one}
                      onClick={() => setChosen((before) => Object.assign([...before], { [at]: one }))}
                    >
                      {t.choices[one]}
                    </button>
                  ))}
                </Segments>
              </div>
              <div className="sheet-sides">
                <Side title={t.mine} lines={piece.mine} isTaken={choice !== "theirs"} />
                <Side title={t.theirs} lines={piece.theirs} isTaken={choice !== "mine"} />
              </div>
            </li>
          );
        })}
      </ol>
      {writing.error && <ErrorNotice error={writing.error} />}
      <div className="sheet-writer-actions">
        <button
          type="button"
          className="button main"
          disabled={writing.isSaving}
          aria-busy={writing.isSaving}
          onClick={() => writing.settle(conflict.theirs, chosenLines(conflict.pieces, chosen))}
        >
          {t.saveChosen}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => writing.reopen(conflict.theirs, chosenLines(conflict.pieces, chosen))}
        >
          {t.editChosen}
        </button>
        <button type="button" className="button" onClick={writing.back}>
          {t.back}
        </button>
      </div>
    </section>
  );
}

const Side = ({ title, lines, isTaken }: { title: string; lines: string[]; isTaken: boolean }) => {
  const t = useEditingTexts();
  return (
    <div className="sheet-side" data-taken={isTaken}>
      <p className="small quiet">{title}</p>
      {lines.length === 0 ? <p className="quiet">{t.deleted}</p> : <pre tabIndex={0}>{lines.join("\n")}</pre>}
    </div>
  );
};
