import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { number, relative } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Table } from "../../design/table.tsx";
import { SearchFilter, SelectFilter } from "../../design/filters.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { CompetitionActions } from "./competition-actions.tsx";
import { competitionsQuery, kinds, orders, type Administered } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/competitions");

/** All competitions, also private ones. */
export function CompetitionsPage() {
  const t = useTexts();
  const { pages, none, sort, never, actions } = useAdminTexts();
  const search = route.useSearch();
  const { data } = useSuspenseQuery(competitionsQuery(search));
  const counts: Partial<Record<(typeof kinds)[number] | "all", number>> = data.counts;
  const kind = (name: (typeof kinds)[number] | "all") =>
    counts[name] === undefined ? t.kinds[name] : `${t.kinds[name]} (${number(counts[name])})`;
  return (
    <>
      <PageTitle>{pages.competitions}</PageTitle>
      <h1>
        {pages.competitions}
        <span className="admin-count numbers">{number(data.count)}</span>
      </h1>
      <div className="admin-tools">
        <SearchFilter label={t.search} value={search.q} />
        <SelectFilter
          label={t.show}
          name="show"
          value={search.show}
          all={kind("all")}
          choices={kinds.map((name) => [name, kind(name)] as const)}
        />
        <SelectFilter
          label={sort}
          name="sort"
          value={search.sort}
          all={t.orders.newest}
          choices={orders.map((order) => [order, t.orders[order]] as const)}
        />
      </div>
      <Table
        label={pages.competitions}
        rows={data.results}
        rowKey={({ id }) => id}
        empty={none}
        columns={[
          {
            head: t.competition,
            cell: ({ id, title }) => (
              <span className="table-long">
                <Link to="/competitions/$id/" params={{ id: String(id) }}>
                  {title}
                </Link>
              </span>
            ),
          },
          { head: t.state, cell: (competition) => <Marks competition={competition} /> },
          { head: actions, cell: (competition) => <CompetitionActions competition={competition} /> },
          { head: t.participants, cell: (one) => number(one.participants_count), isNumber: true },
          { head: t.submissions, cell: (one) => number(one.submissions_count), isNumber: true },
          {
            head: t.owner,
            cell: ({ created_by: { id, username } }) => (
              <Link to="/admin/users/$id/" params={{ id: String(id) }}>
                {username}
              </Link>
            ),
          },
          { head: t.queue, cell: ({ queue }) => queue?.name ?? <span className="quiet">{t.standard}</span> },
          {
            head: t.activity,
            cell: ({ last_submission_when: last }) => (last ? relative(last) : <span className="quiet">{never}</span>),
          },
        ]}
      />
      <Pager page={search.page ?? 1} pageSize={pageSize} count={data.count} />
    </>
  );
}

function Marks({ competition }: { competition: Administered }) {
  const t = useTexts();
  const { is_featured: isFeatured, published, listing } = competition;
  return (
    <span className="admin-actions">
      {isFeatured && <span className="pill accent">{t.featured}</span>}
      {listing !== "listed" && (
        <span className={`pill ${listing === "withheld" ? "bad" : "wait"}`}>{t.listings[listing]}</span>
      )}
      {!published && listing !== "withheld" && <span className="pill">{t.private}</span>}
    </span>
  );
}
