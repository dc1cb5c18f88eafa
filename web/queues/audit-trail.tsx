import { useSuspenseQuery } from "@tanstack/react-query";
import { EventTable } from "../audit/event-table.tsx";
import { Pager } from "../competitions/pager.tsx";
import { pageSize, queueAuditQuery, type Queue } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Who changed what. */
export function AuditTrail({ queue, page = 1 }: { queue: Queue; page: number | undefined }) {
  const t = useTexts();
  const { data } = useSuspenseQuery(queueAuditQuery(queue.id, page));
  return (
    <section className="queue-part">
      <h2 className="hidden">{t.views.history}</h2>
      <EventTable label={t.views.history} events={data.results} empty={t.noEvents} />
      <Pager page={page} pageSize={pageSize} count={data.count} />
    </section>
  );
}
