import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import type { Competition } from "../../competitions/queries.ts";
import { Field } from "../../design/field.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import { because, type Submission } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** A number as people write it: without the zeros that fill ten decimal places. */
const plain = (score: string) => (score.includes(".") ? score.replace(/\.?0+$/, "") : score);

/** Changes the scores of a submission that its programs gave it. */
export function ScoreDialog(props: { competition: Competition; submission: Submission; onClose: () => void }) {
  const t = useTexts();
  const { competition, submission, onClose } = props;
  const columns = new Map(competition.leaderboards.flatMap((board) => board.columns.map((one) => [one.key, one])));
  const tasks = new Map(competition.phases.flatMap(({ tasks }) => tasks.map(({ id, name }) => [id, name])));
  const editable = submission.scores.filter(({ column_key }) => columns.get(column_key)?.computation === null);
  const isSplit = new Set(editable.map(({ task_id }) => task_id)).size > 1;
  const [typed, setTyped] = useState<Record<number, string>>({});
  const changed = editable.filter(({ id, score }) => typed[id] !== undefined && Number(typed[id]) !== Number(score));
  return (
    <AskDialog
      title={t.scoresOf(submission.id)}
      button={t.editButton}
      asksReason
      isReady={changed.length > 0}
      act={async (reason) => {
        for (const { id } of changed)
          await ask(
            api.PATCH("/api/submission_scores/{id}/", {
              params: { path: { id } },
              body: { score: typed[id]! },
              ...because(reason),
            }),
          );
      }}
      onClose={onClose}
    >
      <p className="quiet">{t.editAbout}</p>
      {editable.map(({ id, column_key, task_id, score }) => {
        const title = columns.get(column_key)?.title ?? column_key;
        const task = isSplit && task_id !== null ? tasks.get(task_id) : undefined;
        return (
          <Field
            key={id}
            label={task === undefined ? title : `${title} · ${task}`}
            inputMode="decimal"
            autoComplete="off"
            value={typed[id] ?? plain(score)}
            onChange={({ target }) => setTyped({ ...typed, [id]: target.value })}
          />
        );
      })}
      {editable.length < submission.scores.length && <p className="small quiet">{t.computed}</p>}
    </AskDialog>
  );
}
