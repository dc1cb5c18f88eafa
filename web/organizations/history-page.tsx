import "./organization-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { PageTitle } from "../app/page-title.tsx";
import { EventTable } from "../audit/event-table.tsx";
import { Pager } from "../competitions/pager.tsx";
import { historyQuery, organizationQuery, pageSize } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/profiles/organization/$id/history");

/** What was done with an organization, for its owner and managers. */
export function HistoryPage() {
  const t = useTexts();
  const id = Number(route.useParams().id);
  const { page = 1 } = route.useSearch();
  const { data: organization } = useSuspenseQuery(organizationQuery(id));
  const { data } = useSuspenseQuery(historyQuery(id, page));
  return (
    <div className="wrap organization-history">
      <PageTitle>{`${t.history} · ${organization.name}`}</PageTitle>
      <Link to="/profiles/organization/$id/" params={{ id: String(id) }} className="small">
        {organization.name}
      </Link>
      <h1>{t.history}</h1>
      <EventTable label={t.history} events={data.results} empty={t.noHistory} />
      <Pager page={page} pageSize={pageSize} count={data.count} />
    </div>
  );
}
