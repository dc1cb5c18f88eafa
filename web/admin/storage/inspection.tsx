import { useSuspenseQuery } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { bytes, dateTime, number } from "../../app/format.ts";
import { Action } from "../parts/action.tsx";
import { Table } from "../../design/table.tsx";
import { findingsQuery, inspectionsQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** What the last comparison of the object store with the database found, and the deletion of orphans. */
export function Inspection() {
  const t = useTexts();
  const {
    data: { finished, running },
  } = useSuspenseQuery(inspectionsQuery);
  const isDeleting = finished?.deletion_asked_when && !finished.deletion_finished_when;
  const canClean = finished && finished.orphans > 0 && !finished.deletion_asked_when && !running;
  return (
    <section className="card admin-panel">
      <div className="admin-head">
        <h2>{t.inspection}</h2>
        <div className="admin-buttons">
          {!running && (
            <Action
              label={t.inspect}
              title={t.inspectTitle}
              submit={t.inspect}
              run={() => ask(api.POST("/api/storage/inspections/"))}
            >
              <p>{t.inspectAbout}</p>
            </Action>
          )}
          {canClean && (
            <Action
              label={t.clean}
              title={t.cleanTitle}
              submit={t.clean}
              isDangerous
              run={() => ask(api.DELETE("/api/analytics/delete_orphan_files/"))}
            >
              <p>{t.cleanAbout}</p>
              <p>{t.found(number(finished.orphans), bytes(finished.orphan_bytes), number(finished.missing))}</p>
            </Action>
          )}
        </div>
      </div>
      <p className="admin-lead quiet">{t.aboutInspection}</p>
      <div role="status">
        {finished?.finished_when ? (
          <p>
            {t.report(dateTime(finished.finished_when), number(finished.objects), bytes(finished.bytes))}{" "}
            {t.found(number(finished.orphans), bytes(finished.orphan_bytes), number(finished.missing))}
          </p>
        ) : (
          !running && <p>{t.never}</p>
        )}
        {running && <p>{t.running}</p>}
        {isDeleting && <p>{t.deleting}</p>}
        {finished?.deletion_finished_when && <p>{t.deleted(number(finished.deleted), number(finished.kept))}</p>}
      </div>
      <Findings kind="orphan" title={t.orphanList} />
      <Findings kind="missing" title={t.missingList} />
    </section>
  );
}

/** The first of what was found. */
function Findings({ kind, title }: { kind: "orphan" | "missing"; title: string }) {
  const t = useTexts();
  const { data } = useSuspenseQuery(findingsQuery(kind));
  if (data.count === 0) return null;
  return (
    <div className="admin-section">
      <h3>
        {title}
        <span className="admin-count numbers">{number(data.count)}</span>
      </h3>
      <Table
        label={title}
        rows={data.results}
        rowKey={({ bucket, key }) => `${bucket} ${key}`}
        empty=""
        columns={[
          { head: t.key, cell: ({ key }) => <code className="table-long">{key}</code> },
          { head: t.bucket, cell: ({ bucket }) => bucket },
          { head: t.size, cell: (found) => found.bytes !== null && bytes(found.bytes), isNumber: true },
          { head: t.changed, cell: ({ modified_when: changed }) => changed && dateTime(changed) },
          { head: t.outcome, cell: ({ outcome }) => outcome && t.outcomes[outcome] },
        ]}
      />
    </div>
  );
}
