import { useNavigate } from "@tanstack/react-router";
import { Popover } from "../design/popover.tsx";
import { here, type Board, type BoardAddress } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** The columns that the address hides. */
export const hiddenColumns = ({ hide }: BoardAddress) => new Set(hide?.split(",") ?? []);

/** Keys of columns that are no scores. */
export const submittedColumn = "created_when";
export const factColumn = (key: string) => `fact:${key}`;

/** Which columns there are, and how many digits. */
export function ColumnsMenu({ board, address }: { board: Board; address: BoardAddress }) {
  const t = useTexts();
  const navigate = useNavigate();
  const hidden = hiddenColumns(address);
  const columns = new Map(board.tasks.flatMap((task) => task.columns.map(({ key, title }) => [key, title] as const)));
  for (const [key = "", title = ""] of board.fact_sheet_keys ?? []) columns.set(factColumn(key), title);
  columns.set(submittedColumn, t.submitted);
  const show = (key: string, isShown: boolean) => {
    const next = new Set(hidden);
    if (isShown) next.delete(key);
    else next.add(key);
    void navigate({
      ...here,
      replace: true,
      resetScroll: false,
      search: (before) => ({ ...before, hide: next.size > 0 ? [...next].join(",") : undefined }),
    });
  };
  return (
    <Popover className="board-menu" buttonClass="button" label={t.columns} button={t.columns} staysOpen>
      <fieldset className="board-checks">
        <legend className="hidden">{t.columns}</legend>
        {[...columns].map(([key, title]) => (
          <label key={key} className="board-check">
            <input type="checkbox" checked={!hidden.has(key)} onChange={({ target }) => show(key, target.checked)} />
            {title}
          </label>
        ))}
        <hr />
        <label className="board-check">
          <input
            type="checkbox"
            checked={address.digits === "all"}
            onChange={({ target }) =>
              void navigate({
                ...here,
                replace: true,
                resetScroll: false,
                search: (before) => ({ ...before, digits: target.checked ? "all" : undefined }),
              })
            }
          />
          {t.allDigits}
        </label>
      </fieldset>
    </Popover>
  );
}
