import type { Competition, Phase } from "../competitions/queries.ts";
import { Popover } from "../design/popover.tsx";
import type { Board } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** What the reader may take away. Organizers also get what others do not see. */
export function DownloadMenu(props: {
  competition: Competition;
  phase: Phase;
  board: Board;
  secretKey: string | undefined;
}) {
  const { competition, phase, board, secretKey } = props;
  const t = useTexts();
  const table = new URLSearchParams({
    format: "csv",
    leaderboard: board.key,
    ...(secretKey === undefined ? {} : { secret_key: secretKey }),
  });
  const results = `/api/competitions/${competition.id}/results/`;
  return (
    <Popover className="board-menu" buttonClass="button" label={t.download} button={t.download}>
      <div className="menu">
        <a className="nav-link" href={`/api/phases/${phase.id}/get_leaderboard/?${table}`} download>
          {t.csv}
        </a>
        {competition.permissions.export && (
          <>
            <a
              className="nav-link"
              href={`${results}?${new URLSearchParams({ format: "csv", phase: `${phase.id}`, leaderboard: board.key })}`}
              download
            >
              {t.allCsv}
            </a>
            <a className="nav-link" href={`${results}?format=zip`} download>
              {t.allZip}
            </a>
          </>
        )}
      </div>
    </Popover>
  );
}
