import { computations } from "../../../lambdas/competitions/rules/competition.ts";
import { Boxes } from "../parts/boxes.tsx";
import { CheckField, ChoiceField, NumberField, TextField } from "../parts/fields.tsx";
import { MoveButtons } from "../parts/part-card.tsx";
import type { Board, Column } from "../state/form.ts";
import { useTexts } from "../texts.ts";

/** A column of a leaderboard: which score it shows and how. */
export function ColumnFields(props: {
  path: string;
  column: Column;
  at: number;
  board: Board;
  onChange: (changes: Partial<Column>) => void;
  onPrimary: () => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}) {
  const { path, column, at, board, onChange, onPrimary, onMove, onRemove } = props;
  const t = useTexts();
  const { columns } = board;
  const name = column.title || t.column(at + 1);
  return (
    <li className="editor-column" aria-label={name}>
      <div className="editor-column-head">
        <label className="editor-primary">
          <input
            type="radio"
            name={`primary of ${board.part}`}
            checked={board.primary === column.part}
            onChange={onPrimary}
          />
          {t.ranksFirst}
        </label>
        <span className="editor-part-tools">
          <MoveButtons name={name} at={at} first={0} last={columns.length - 1} onMove={onMove} />
          {columns.length > 1 && (
            <button type="button" className="button" aria-label={`${t.remove}: ${name}`} onClick={onRemove}>
              {t.remove}
            </button>
          )}
        </span>
      </div>
      <div className="editor-pair">
        <TextField
          path={`${path}.title`}
          label={t.fields.title}
          value={column.title}
          maxLength={36}
          onChange={(title) => onChange({ title })}
        />
        <TextField
          path={`${path}.key`}
          label={t.fields.columnKey}
          {...(column.computation === null && { hint: t.hints.columnKey })}
          value={column.key}
          maxLength={36}
          onChange={(key) => onChange({ key })}
        />
        <ChoiceField
          path={`${path}.sorting`}
          label={t.fields.sorting}
          value={column.sorting}
          choices={[
            { value: "desc", text: t.higherIsBetter },
            { value: "asc", text: t.lowerIsBetter },
          ]}
          onChange={(sorting) => onChange({ sorting })}
        />
        <NumberField
          path={`${path}.precision`}
          label={t.fields.precision}
          min={-10}
          max={100}
          value={column.precision}
          onChange={(precision) => onChange({ precision })}
        />
        <ChoiceField
          path={`${path}.computation`}
          label={t.fields.computation}
          value={column.computation ?? ""}
          choices={[
            { value: "", text: t.fromProgram },
            ...computations.map((value) => ({ value, text: t.computations[value] })),
          ]}
          onChange={(value) => onChange({ computation: value === "" ? null : value })}
        />
        <CheckField
          path={`${path}.hidden`}
          label={t.hideColumn.label}
          hint={t.hideColumn.hint}
          value={column.hidden}
          onChange={(hidden) => onChange({ hidden })}
        />
      </div>
      {column.computation !== null && (
        <Boxes
          path={`${path}.computed_from`}
          label={t.fields.computed_from}
          boxes={columns.flatMap(({ part, title }, place) =>
            place === at ? [] : [{ value: part, text: title || t.column(place + 1) }],
          )}
          chosen={column.computed_from}
          onChange={(computed_from) => onChange({ computed_from })}
        />
      )}
    </li>
  );
}
