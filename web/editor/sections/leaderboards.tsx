import { useEditor } from "../context.ts";
import { Group, PartProblem } from "../parts/fields.tsx";
import { PartCards } from "../parts/part-card.tsx";
import { SwitchField } from "../parts/switch-field.tsx";
import { newBoard } from "../state/form.ts";
import { useTexts } from "../texts.ts";
import { BoardFields } from "./board-fields.tsx";

/** The scores that count, and how submissions are ranked by them. */
export function Leaderboards() {
  const t = useTexts();
  const { form, change } = useEditor();
  return (
    <>
      <PartCards
        path="leaderboards"
        parts={form.leaderboards}
        isFirstFixed
        nameOf={({ title }, at) => title || t.board(at + 1)}
        about={(_, at) => at === 0 && form.leaderboards.length > 1 && t.primaryBoard}
        onChange={(leaderboards) => change(() => ({ leaderboards }))}
      >
        {(board, at, onChange) => <BoardFields board={board} at={at} onChange={onChange} />}
      </PartCards>
      <PartProblem path="leaderboards" />
      <p>
        <button
          type="button"
          className="button"
          onClick={() => change(({ leaderboards }) => ({ leaderboards: [...leaderboards, newBoard()] }))}
        >
          {t.addBoard}
        </button>
      </p>
      <Group title={t.names}>
        <SwitchField name="anonymous_leaderboard" />
      </Group>
    </>
  );
}
