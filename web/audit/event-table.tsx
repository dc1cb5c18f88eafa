import "./event-table.css";
import { dateTime } from "../app/format.ts";
import { Table } from "../design/table.tsx";
import type { Shape } from "../api/client.ts";
import { useTexts } from "./texts.ts";

export type AuditEvent = Shape<"AuditEvent">;

/** Events of an audit trail. */
export function EventTable({ label, events, empty }: { label: string; events: AuditEvent[]; empty: string }) {
  const t = useTexts();
  return (
    <Table
      label={label}
      rows={events}
      rowKey={({ id }) => id}
      empty={empty}
      columns={[
        { head: t.when, cell: (event) => <time dateTime={event.created_when}>{dateTime(event.created_when)}</time> },
        {
          head: t.who,
          cell: ({ actor, impersonated_by: by }) => (
            <>
              {actor?.username ?? <span className="quiet">{t.platform}</span>}
              {by && <span className="quiet"> {t.by(by.username)}</span>}
            </>
          ),
        },
        {
          head: t.what,
          cell: ({ kind, subject }) => (
            <>
              <code>{kind}</code> <span className="quiet">#{subject.id.slice(0, 8)}</span>
            </>
          ),
        },
        { head: t.change, cell: (event) => <Changes event={event} /> },
        { head: t.reason, cell: ({ reason }) => <span className="table-long">{reason}</span> },
      ]}
    />
  );
}

/** The values of the changed fields: the old ones struck out. */
function Changes({ event: { before, after } }: { event: AuditEvent }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return (
    <span className="table-long event-changes">
      {names.map((name) => (
        <span key={name}>
          <span className="quiet">{name}</span> {before && name in before && <del>{shown(before[name])}</del>}{" "}
          {after && name in after && <ins>{shown(after[name])}</ins>}
        </span>
      ))}
    </span>
  );
}

/** A value as a short text. */
function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
