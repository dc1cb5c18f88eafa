import "./leaderboard-page.css";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { Pager } from "../competitions/pager.tsx";
import type { Competition, Phase } from "../competitions/queries.ts";
import { SearchFilter } from "../design/filters.tsx";
import { Segments } from "../design/segments.tsx";
import { BoardNotice } from "./board-notice.tsx";
import { BoardTable } from "./board-table.tsx";
import { Charts } from "./charts.tsx";
import { ColumnsMenu } from "./columns-menu.tsx";
import { DownloadMenu } from "./download-menu.tsx";
import { type Board, type BoardAddress, boardQuery, defaultPhase, here, ownRowQuery, pageSize } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/leaderboard");

/** The leaderboard of a phase. What is chosen stands in the address. */
export function LeaderboardPage() {
  const t = useTexts();
  const competition = useCompetition();
  const address = route.useSearch();
  const phase = defaultPhase(competition, address.phase);
  return (
    <section className="board">
      <PageTitle>{`${t.title} · ${competition.title}`}</PageTitle>
      <h2 className="hidden">{t.title}</h2>
      <Phases competition={competition} phase={phase} />
      {phase ? (
        <PhaseBoard competition={competition} phase={phase} address={address} />
      ) : (
        <BoardNotice>{t.notBegun}</BoardNotice>
      )}
    </section>
  );
}

/** The phases that have begun, if there are several. */
function Phases({ competition, phase: chosen }: { competition: Competition; phase: Phase | undefined }) {
  const t = useTexts();
  const begun = competition.phases.filter(({ status }) => status !== "Next");
  if (begun.length < 2) return null;
  return (
    <Segments label={t.phases}>
      {begun.map(({ id, name }) => (
        <Link
          key={id}
          {...here}
          search={(before) => ({ secret_key: before.secret_key, board: before.board, phase: String(id) })}
          aria-current={id === chosen?.id ? "true" : undefined}
          activeProps={{ "aria-current": id === chosen?.id ? "true" : undefined }}
        >
          {name}
        </Link>
      ))}
    </Segments>
  );
}

interface PhaseBoardProps {
  competition: Competition;
  phase: Phase;
  address: BoardAddress & { secret_key?: string | undefined };
}

function PhaseBoard({ competition, phase, address }: PhaseBoardProps) {
  const t = useTexts();
  const { data: board } = useSuspenseQuery(boardQuery(phase.id, address, address.secret_key));
  const settings = competition.leaderboards.find(({ key }) => key === board.key);
  const isEmpty = board.submissions.length === 0;
  return (
    <>
      <div className="board-head">
        <h3 className="board-title">{board.title}</h3>
        <div className="board-tools">
          <SearchFilter label={t.find} value={address.q} />
          <ColumnsMenu board={board} address={address} />
          <DownloadMenu competition={competition} phase={phase} board={board} secretKey={address.secret_key} />
        </div>
      </div>
      <Boards board={board} />
      {settings?.hidden && <p className="notice wait">{t.hidden}</p>}
      {phase.blind && <p className="notice wait">{t.blind}</p>}
      {isEmpty && address.q === undefined ? (
        <BoardNotice>{t.empty}</BoardNotice>
      ) : (
        <>
          <Charts phase={phase} board={board} address={address} />
          {isEmpty ? (
            <div className="card board-notice">
              <p>
                {t.none}{" "}
                <Link {...here} search={(before) => ({ ...before, q: undefined, page: undefined })}>
                  {t.clear}
                </Link>
              </p>
            </div>
          ) : (
            <Rows competition={competition} phase={phase} board={board} address={address} />
          )}
        </>
      )}
      <p className="small quiet board-rule">
        {board.ranking} {settings && t.rules[settings.submission_rule]}{" "}
        {competition.anonymous_leaderboard && t.anonymous}
      </p>
    </>
  );
}

function Boards({ board }: { board: Board }) {
  const t = useTexts();
  if (board.leaderboards.length < 2) return null;
  return (
    <Segments label={t.boards}>
      {board.leaderboards.map(({ key, title }) => (
        <Link
          key={key}
          {...here}
          search={(before) => ({ secret_key: before.secret_key, phase: before.phase, board: key })}
          aria-current={key === board.key ? "true" : undefined}
          activeProps={{ "aria-current": key === board.key ? "true" : undefined }}
        >
          {title}
        </Link>
      ))}
    </Segments>
  );
}

/** The table, with the reader's best row above it if it is on another page. */
function Rows({ competition, phase, board, address }: PhaseBoardProps & { board: Board }) {
  const t = useTexts();
  const [own] = board.mine;
  const isElsewhere = own !== undefined && board.submissions.every(({ mine }) => !mine);
  const { data: around } = useQuery({ ...ownRowQuery(phase.id, address, address.secret_key), enabled: isElsewhere });
  const pinned = isElsewhere ? around?.submissions.find(({ id }) => id === own.id) : undefined;
  return (
    <>
      <BoardTable competition={competition} board={board} pinned={pinned} address={address} />
      <div className="board-foot">
        <Pager page={address.page ?? 1} pageSize={pageSize} count={board.count} />
        {isElsewhere && (
          <Link
            {...here}
            className="small"
            search={(before) => ({
              ...before,
              q: undefined,
              sort: undefined,
              page: own.rank > pageSize ? Math.ceil(own.rank / pageSize) : undefined,
            })}
            hash={`s${own.id}`}
          >
            {t.toOwn} ({t.ranks(number(own.rank))})
          </Link>
        )}
      </div>
    </>
  );
}
