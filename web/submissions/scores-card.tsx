import "../design/record-table.css";
import { getRouteApi } from "@tanstack/react-router";
import { number } from "../app/format.ts";
import type { Competition } from "../competitions/queries.ts";
import { runsOf, type Submission } from "./queries.ts";
import { isFinal } from "./status.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/submissions/$submission");

type Column = Pick<Competition["leaderboards"][number]["columns"][number], "key" | "title" | "precision" | "index">;

/** The scores of each task, as the leaderboard rounds them or as they are. */
export function ScoresCard({ competition, submission }: { competition: Competition; submission: Submission }) {
  const t = useTexts();
  const { digits } = route.useSearch();
  const navigate = route.useNavigate();
  const { scores, status } = submission;
  const board = competition.leaderboards.find(({ id }) => id === submission.leaderboard) ?? competition.leaderboards[0];
  const columns = columnsOf(board?.columns ?? [], submission);
  const runs = runsOf(submission);
  const isSeveral = runs.length > 1;
  // Scores over all tasks belong to the submission itself.
  const hasWhole = isSeveral && scores.some(({ task_id: task }) => task === null);
  const groups: { key: string; name: string; task: number | null }[] = [
    ...(hasWhole ? [{ key: "all", name: t.scores.all, task: null }] : []),
    ...runs.map(({ id, task }, at) => ({
      key: String(id),
      name: isSeveral ? (task?.name ?? t.task(at + 1)) : t.scores.score,
      task: task?.id ?? null,
    })),
  ];
  // The scores of a column have as many decimal places as one of them needs, and at most as many as organizers want.
  const write = (text: string, { key, precision }: Column) => {
    const needed = scores.filter((one) => one.column_key === key).map(({ score }) => decimalsOf(score));
    const places = Math.min(digits === "all" ? 10 : precision, Math.max(...needed));
    return number(Number(text), { maximumFractionDigits: places, minimumFractionDigits: places });
  };
  return (
    <section className="card submission-card submission-scores" aria-labelledby="scores-title">
      <h2 id="scores-title">{t.scores.title}</h2>
      {scores.length === 0 ? (
        <p className="small quiet">{isFinal(status) ? t.scores.none : t.scores.later}</p>
      ) : (
        <>
          <div className="scores-scroll" tabIndex={0} role="group" aria-labelledby="scores-title">
            <table className="record-table table-plain">
              <thead>
                <tr>
                  <th scope="col">
                    <span className="hidden">{t.scores.column}</span>
                  </th>
                  {groups.map(({ key, name }) => (
                    <th key={key} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {columns.map((column) => (
                  <tr key={column.key} data-primary={column.index === board?.primary_index}>
                    <th scope="row">{column.title}</th>
                    {groups.map(({ key, task }) => {
                      const score = scores.find(
                        (one) => one.column_key === column.key && (!isSeveral || one.task_id === task),
                      );
                      return <td key={key}>{score ? write(score.score, column) : "–"}</td>;
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <label className="scores-digits">
            <input
              type="checkbox"
              checked={digits === "all"}
              onChange={({ target }) =>
                void navigate({
                  search: (before) => ({ ...before, digits: target.checked ? "all" : undefined }),
                  replace: true,
                  resetScroll: false,
                })
              }
            />
            {t.scores.digits}
          </label>
        </>
      )}
    </section>
  );
}

const decimalsOf = (text: string) => /\.(\d*?)0*$/.exec(text)?.[1]?.length ?? 0;

/** The columns of the leaderboard, and after them those that it no longer has. */
function columnsOf(known: readonly Column[], { scores }: Submission): Column[] {
  const keys = new Set(known.map(({ key }) => key));
  const others = [...new Set(scores.map(({ column_key: key }) => key))].filter((key) => !keys.has(key));
  return [
    ...known.toSorted((a, b) => a.index - b.index),
    ...others.map((key) => ({ key, title: key, precision: 10, index: -1 })),
  ];
}
