import { multiTaskRankings, submissionRules } from "../../../lambdas/competitions/rules/competition.ts";
import { useEditor } from "../context.ts";
import { Boxes } from "../parts/boxes.tsx";
import { CheckField, ChoiceField, TextField } from "../parts/fields.tsx";
import type { Board, Column } from "../state/form.ts";
import { newColumn } from "../state/form.ts";
import { changed, moved } from "../state/lists.ts";
import { useTexts } from "../texts.ts";
import { ColumnFields } from "./column-fields.tsx";

export function BoardFields(props: { board: Board; at: number; onChange: (changes: Partial<Board>) => void }) {
  const { board, at, onChange } = props;
  const t = useTexts();
  const { form } = useEditor();
  const path = (name: string) => `leaderboards[${at}].${name}`;
  const { columns } = board;
  const tasks = new Map(form.phases.flatMap(({ tasks }) => tasks.map(({ part, name }) => [part, name] as const)));
  const isMultiTask = form.phases.some(({ tasks }) => tasks.length > 1) || board.multi_task_ranking !== "best_task";
  return (
    <>
      <div className="editor-pair">
        <TextField
          path={path("title")}
          label={t.fields.title}
          value={board.title}
          maxLength={64}
          onChange={(title) => onChange({ title })}
        />
        <TextField
          path={path("key")}
          label={t.fields.key}
          hint={t.hints.boardKey}
          value={board.key}
          maxLength={36}
          onChange={(key) => onChange({ key })}
        />
      </div>
      {at === 0 && (
        <ChoiceField
          path={path("submission_rule")}
          label={t.fields.submission_rule}
          hint={t.rules[board.submission_rule].about}
          value={board.submission_rule}
          choices={submissionRules.map((value) => ({ value, text: t.rules[value].name }))}
          onChange={(submission_rule) => onChange({ submission_rule })}
        />
      )}
      {isMultiTask && (
        <ChoiceField
          path={path("multi_task_ranking")}
          label={t.fields.multi_task_ranking}
          hint={t.hints.multi_task_ranking}
          value={board.multi_task_ranking}
          choices={multiTaskRankings.map((value) => ({ value, text: t.rankings[value] }))}
          onChange={(multi_task_ranking) => onChange({ multi_task_ranking })}
        />
      )}
      {board.multi_task_ranking === "chosen_task" && (
        <Boxes
          path={path("ranking_tasks")}
          label={t.fields.ranking_tasks}
          boxes={[...tasks].map(([value, text]) => ({ value, text }))}
          chosen={board.ranking_tasks}
          onChange={(ranking_tasks) => onChange({ ranking_tasks })}
        />
      )}
      <CheckField
        path={path("hidden")}
        label={t.hideBoard.label}
        hint={t.hideBoard.hint}
        value={board.hidden}
        onChange={(hidden) => onChange({ hidden })}
      />
      <h4 className="editor-subtitle">{t.columns}</h4>
      <p className="small quiet">{t.columnsAbout}</p>
      <ol className="editor-columns">
        {columns.map((column, place) => (
          <ColumnFields
            key={column.part}
            path={path(`columns[${place}]`)}
            column={column}
            at={place}
            board={board}
            onChange={(changes: Partial<Column>) => onChange({ columns: changed(columns, column.part, changes) })}
            onPrimary={() => onChange({ primary: column.part })}
            onMove={(to) => onChange({ columns: moved(columns, place, to) })}
            onRemove={() => onChange({ columns: columns.filter(({ part }) => part !== column.part) })}
          />
        ))}
      </ol>
      <p>
        <button type="button" className="button" onClick={() => onChange({ columns: [...columns, newColumn()] })}>
          {t.addColumn}
        </button>
      </p>
    </>
  );
}
