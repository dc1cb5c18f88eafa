import "./audit-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { dateTime } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import { Pager } from "../../competitions/pager.tsx";
import { SearchFilter, SelectFilter } from "../../design/filters.tsx";
import { apiHref, auditFilter, auditKinds, auditQuery, isShown, pageSize, type AuditEvent } from "../queries.ts";
import { Table, Tools } from "../table-parts.tsx";
import { useOrganizeTexts } from "../texts.ts";
import { useTexts } from "./texts.ts";
import { cleared } from "../../app/address.ts";

const route = getRouteApi("/competitions/$id/organize/audit");

/** The audit trail of the competition, newest first. */
export function AuditPage() {
  const t = useTexts();
  const common = useOrganizeTexts();
  const { id, title } = useCompetition();
  const address = route.useSearch();
  const { data } = useSuspenseQuery(auditQuery(id, address));
  const isFiltered = Object.keys(auditFilter(address)).length > 0;
  return (
    <>
      <PageTitle>{`${t.title} · ${title}`}</PageTitle>
      <div>
        <h2>{t.title}</h2>
        <p className="small quiet">{t.about}</p>
      </div>
      <Tools
        actions={
          <a
            className="button"
            href={apiHref(`/api/competitions/${id}/audit/`, { ...auditFilter(address), format: "csv" })}
            download
            title={common.csvLabel}
          >
            {common.csv}
          </a>
        }
      >
        <SelectFilter
          name="kind"
          label={t.kind}
          all={t.everything}
          value={address.kind}
          choices={auditKinds.map((kind) => [kind, t.kinds[kind]])}
        />
        <SearchFilter name="who" label={t.who} value={address.who} />
        <SearchFilter label={t.find} value={address.q} />
        {isFiltered && (
          <Link {...cleared} className="small">
            {common.clear}
          </Link>
        )}
      </Tools>
      {data.results.length === 0 ? (
        <p className="card org-empty">{isFiltered ? t.none : t.empty}</p>
      ) : (
        <>
          <Table label={t.title}>
            <thead>
              <tr>
                <th scope="col">{t.when}</th>
                <th scope="col">{t.whoHead}</th>
                <th scope="col">{t.what}</th>
                <th scope="col">{t.change}</th>
                <th scope="col">{t.reason}</th>
              </tr>
            </thead>
            <tbody>
              {data.results.map((event) => (
                <Row key={event.id} event={event} />
              ))}
            </tbody>
          </Table>
          <Pager page={address.page ?? 1} pageSize={pageSize} count={data.count} />
        </>
      )}
    </>
  );
}

function Row({ event }: { event: AuditEvent }) {
  const t = useTexts();
  const common = useOrganizeTexts();
  const { actor, impersonated_by: impersonator, kind, subject, before, after, reason } = event;
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return (
    <tr>
      <td>{dateTime(event.created_when)}</td>
      <td>
        {actor?.username ?? t.platform}
        {impersonator && <span className="audit-as small quiet">{t.as(impersonator.username)}</span>}
      </td>
      <th scope="row">
        {isShown(kind) ? t.kinds[kind] : <code>{kind}</code>}{" "}
        {/^\d+$/.test(subject.id) && <span className="quiet">#{subject.id}</span>}
      </th>
      <td className="table-long">
        {names.length === 0 && common.none}
        {names.map((name) => (
          <div key={name} className="audit-change">
            <span className="quiet">{name}</span>{" "}
            {before !== null && (
              <>
                <Value value={before[name]} /> →{" "}
              </>
            )}
            <Value value={after === null ? null : after[name]} />
          </div>
        ))}
      </td>
      <td className="table-long">{reason ?? common.none}</td>
    </tr>
  );
}

/** Long values are cut; the CSV has them whole. */
const maxLength = 120;

function Value({ value }: { value: unknown }) {
  const t = useTexts();
  if (value === null || value === undefined) return <span className="quiet">{t.nothing}</span>;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return <code>{text.length > maxLength ? `${text.slice(0, maxLength)}…` : text}</code>;
}
