import "./submissions-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { cleared } from "../../app/address.ts";
import { number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import { Pager } from "../../competitions/pager.tsx";
import { SearchFilter, SelectFilter } from "../../design/filters.tsx";
import { useStatusTexts } from "../../submissions/status.ts";
import { OutcomeNotice, type Outcome } from "../bulk.tsx";
import { apiHref, pageSize, submissionFilter, submissionsQuery, submissionStatuses } from "../queries.ts";
import { Tools } from "../table-parts.tsx";
import { useOrganizeTexts } from "../texts.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { SubmissionTable } from "./submission-table.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/organize/submissions");

/** All submissions to the competition. Filters, order and page stand in the address. */
export function SubmissionsPage() {
  const t = useTexts();
  const statuses = useStatusTexts();
  const common = useOrganizeTexts();
  const competition = useCompetition();
  const { secret_key: _, ...address } = route.useSearch();
  const { data } = useSuspenseQuery(submissionsQuery(competition.id, address));
  const [outcome, setOutcome] = useState<Outcome>();
  // Nothing is done with what is not seen: another page or filter has a selection of its own.
  const place = JSON.stringify(address);
  const [selected, setSelected] = useState({ place, ids: new Set<number>() as ReadonlySet<number> });
  const shown = new Set(data.results.map(({ id }) => id));
  const ids = selected.place === place ? [...selected.ids].filter((id) => shown.has(id)) : [];
  const selection = { ids: new Set(ids), set: (next: ReadonlySet<number>) => setSelected({ place, ids: next }) };
  const { sort: _sort, page: _page, ...filters } = address;
  const isFiltered = Object.values<unknown>(filters).some((value) => value !== undefined);
  const all = Object.values(data.counts).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <PageTitle>{`${t.title} · ${competition.title}`}</PageTitle>
      <h2 className="hidden">{t.title}</h2>
      <Tools
        actions={
          <a
            className="button"
            href={apiHref("/api/submissions/", { ...submissionFilter(competition.id, address), format: "csv" })}
            download
            title={common.csvLabel}
          >
            {common.csv}
          </a>
        }
      >
        <SelectFilter
          name="status"
          label={t.statusHead}
          all={t.withCount(t.anyStatus, number(all))}
          value={address.status}
          choices={submissionStatuses
            .filter((status) => status === address.status || data.counts[status])
            .map((status) => [status, t.withCount(statuses[status], number(data.counts[status] ?? 0))])}
        />
        {competition.phases.length > 1 && (
          <SelectFilter
            name="phase"
            label={t.phase}
            all={t.anyPhase}
            value={address.phase}
            choices={competition.phases.map(({ id, name }) => [String(id), name])}
          />
        )}
        <SelectFilter
          name="deleted"
          label={t.deleted}
          all={t.present}
          value={address.deleted}
          choices={[["yes", t.deleted]]}
        />
        <SearchFilter label={t.find} value={address.q} />
        {address.owner !== undefined && <span className="pill accent">{t.ownerFilter(address.owner)}</span>}
        {isFiltered && (
          <Link {...cleared} className="small">
            {common.clear}
          </Link>
        )}
      </Tools>
      <OutcomeNotice outcome={outcome} />
      {data.results.length === 0 ? (
        <p className="card org-empty">{isFiltered ? t.none : t.empty}</p>
      ) : (
        <>
          <BulkBar
            chosen={data.results.filter(({ id }) => selection.ids.has(id))}
            count={data.count}
            onDone={(done) => {
              setOutcome(done);
              selection.set(new Set());
            }}
          />
          <SubmissionTable competition={competition} rows={data.results} selection={selection} sort={address.sort} />
          <Pager page={address.page ?? 1} pageSize={pageSize} count={data.count} />
        </>
      )}
    </>
  );
}
