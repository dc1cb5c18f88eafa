import "./list-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useSession } from "../../api/session.ts";
import { number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { oneOf } from "../../app/search-params.ts";
import { CompetitionRows } from "../competition-row.tsx";
import { Pager } from "../pager.tsx";
import { SearchForm } from "../search-form.tsx";
import { orders, publicCompetitionsQuery, type ListSearch } from "../queries.ts";
import { useCompetitionTexts } from "../texts.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/public");
const to = "/competitions/public/";

/** Published competitions. What is searched, filtered and sorted stands in the address. */
export function ListPage() {
  const t = useTexts();
  const search = route.useSearch();
  const { data } = useSuspenseQuery(publicCompetitionsQuery(search));
  return (
    <div className="wrap list">
      <PageTitle>{t.title}</PageTitle>
      <h1 className="list-title">
        {t.title} <span className="list-count quiet numbers">{number(data.count)}</span>
      </h1>
      <div className="list-tools">
        <SearchForm label={t.search} placeholder={t.search} className="list-search" filter={search} />
        <Filters search={search} />
        <Order search={search} />
      </div>
      {data.results.length > 0 ? (
        <CompetitionRows competitions={data.results} />
      ) : (
        <p className="card list-none">
          {t.none}{" "}
          <Link to={to} search={{}}>
            {t.clear}
          </Link>
        </p>
      )}
      <Pager page={search.page ?? 1} pageSize={data.page_size} count={data.count} />
    </div>
  );
}

function Filters({ search }: { search: ListSearch }) {
  const t = useTexts();
  const { status } = useCompetitionTexts();
  const { user } = useSession();
  const choices: [string, ListSearch][] = [
    ...(["open", "upcoming", "ended"] as const).map((state): [string, ListSearch] => [
      status[state],
      { status: state },
    ]),
    [t.benchmarks, { type: "benchmark" }],
    [t.reward, { reward: "yes" }],
    ...(user
      ? ([
          [t.participating, { mine: "participating" }],
          [t.organizing, { mine: "organizing" }],
        ] satisfies [string, ListSearch][])
      : []),
  ];
  return (
    <ul className="chips" aria-label={t.filter}>
      {choices.map(([label, filter]) => {
        const [[key, value]] = Object.entries(filter) as [[keyof ListSearch, string]];
        const on = search[key] === value;
        return (
          <li key={label}>
            <Link
              to={to}
              search={{ ...search, page: undefined, ...(on ? { [key]: undefined } : filter) }}
              className="chip"
              aria-current={on ? "true" : undefined}
              activeProps={{ "aria-current": on ? "true" : undefined }}
            >
              {label}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function Order({ search }: { search: ListSearch }) {
  const t = useTexts();
  const navigate = useNavigate();
  return (
    <select
      className="input list-order"
      aria-label={t.sort}
      value={search.sort ?? "recent"}
      onChange={({ target }) =>
        void navigate({ to, search: { ...search, page: undefined, sort: oneOf(target.value, orders) } })
      }
    >
      {orders.map((order) => (
        <option key={order} value={order}>
          {t.sorts[order]}
        </option>
      ))}
    </select>
  );
}
