import "./mine-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useRouterState } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { Pager } from "../competitions/pager.tsx";
import type { Competition } from "../competitions/queries.ts";
import { MineTable } from "./mine-table.tsx";
import { countOf, type Group, groups, type MineAddress, ownSubmissionsQuery, pageSize, type Page } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/submissions");
const here = { from: "/competitions/$id/submissions", to: "/competitions/$id/submissions/" } as const;

/** What the reader submitted to the competition, newest first. */
export function MinePage() {
  const t = useTexts();
  const competition = useCompetition();
  const { user } = useSession();
  const place = useRouterState({ select: ({ location }) => location.pathname + location.searchStr });
  return (
    <section className="mine">
      <PageTitle>{`${t.title} · ${competition.title}`}</PageTitle>
      {user ? (
        <Mine competition={competition} owner={user.username} />
      ) : (
        <>
          <h2>{t.title}</h2>
          <div className="card mine-none">
            <p>{t.logInFirst}</p>
            <Link to="/accounts/login/" search={{ next: place }} className="button main large">
              {t.logIn}
            </Link>
          </div>
        </>
      )}
    </section>
  );
}

function Mine({ competition, owner }: { competition: Competition; owner: string }) {
  const t = useTexts();
  const address = route.useSearch();
  const { data } = useSuspenseQuery(ownSubmissionsQuery(owner, { ...address, competition: competition.id }));
  const all = Object.values(data.counts).reduce((sum, count) => sum + count, 0);
  const isFiltered = address.phase !== undefined || address.status !== undefined;
  if (all === 0 && !isFiltered) return <Empty competition={competition} />;
  return (
    <>
      <div className="mine-head">
        <h2>{t.title}</h2>
        <div className="mine-tools">
          <Groups data={data} all={all} address={address} />
          <a
            className="button"
            download
            href={`/api/submissions/?${new URLSearchParams({ format: "csv", owner, phase__competition: `${competition.id}` })}`}
          >
            {t.csv}
          </a>
        </div>
      </div>
      <Phases competition={competition} chosen={address.phase} />
      {data.results.length > 0 ? (
        <MineTable competition={competition} submissions={data.results} />
      ) : (
        <p className="card mine-nothing">
          {t.nothing}{" "}
          <Link {...here} search={({ secret_key }) => ({ secret_key })}>
            {t.clear}
          </Link>
        </p>
      )}
      <Pager page={address.page ?? 1} pageSize={pageSize} count={data.count} />
    </>
  );
}

/** All, or those of some statuses, with how many there are. */
function Groups({ data, all, address }: { data: Page; all: number; address: MineAddress }) {
  const t = useTexts();
  const choices: [Group | undefined, number][] = [
    [undefined, all],
    ...(Object.keys(groups) as Group[]).map((group): [Group, number] => [group, countOf(data.counts, group)]),
  ];
  return (
    <div role="group" aria-label={t.filter} className="mine-groups">
      {choices
        .filter(([group, count]) => count > 0 || group === undefined || group === address.status)
        .map(([group, count]) => (
          <Link
            key={group ?? "all"}
            {...here}
            search={({ secret_key, phase }) => ({ secret_key, phase, status: group })}
            resetScroll={false}
            className="mine-group numbers"
            activeOptions={{ includeSearch: true, exact: true }}
            aria-current={group === address.status ? "true" : undefined}
          >
            {t.groups[group ?? "all"]} {number(count)}
          </Link>
        ))}
    </div>
  );
}

function Phases({ competition: { phases }, chosen }: { competition: Competition; chosen: string | undefined }) {
  const t = useTexts();
  const begun = phases.filter(({ status }) => status !== "Next");
  if (begun.length < 2) return null;
  return (
    <div role="group" aria-label={t.phases} className="mine-groups">
      {[{ id: undefined, name: t.allPhases }, ...begun].map(({ id, name }) => {
        const isChosen = (id === undefined ? undefined : String(id)) === chosen;
        return (
          <Link
            key={id ?? "all"}
            {...here}
            search={({ secret_key, status }) => ({
              secret_key,
              status,
              phase: id === undefined ? undefined : String(id),
            })}
            resetScroll={false}
            className="mine-group"
            activeOptions={{ includeSearch: true, exact: true }}
            aria-current={isChosen ? "true" : undefined}
          >
            {name}
          </Link>
        );
      })}
    </div>
  );
}

function Empty({ competition }: { competition: Competition }) {
  const t = useTexts();
  const params = { id: String(competition.id) };
  const kit = competition.phases.find(({ starting_kit: kit }) => kit !== null)?.starting_kit;
  return (
    <>
      <h2>{t.title}</h2>
      <div className="card mine-none">
        <p>
          <b>{t.none}</b>
        </p>
        <p className="quiet">{kit ? t.noneAbout : t.noneAboutWithoutKit}</p>
        <p className="mine-ways">
          {competition.participant_status === "approved" && (
            <Link to="/competitions/$id/submit/" params={params} className="button main">
              {t.submit}
            </Link>
          )}
          {kit && (
            <a href={`/datasets/download/${kit.key}/`} className="button" download>
              {t.kit}
            </a>
          )}
        </p>
      </div>
    </>
  );
}
