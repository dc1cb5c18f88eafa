import "../design/record-table.css";
import "./queue-page.css";
import "./queue-forms.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { PageTitle } from "../app/page-title.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { AuditTrail } from "./audit-trail.tsx";
import { Health } from "./health.tsx";
import {
  changeQueue,
  isServedByPlatform,
  makeCommand,
  queueQuery,
  statusQuery,
  views,
  type Queue,
  type QueueStatus,
} from "./queries.ts";
import { Settings } from "./settings.tsx";
import { Spending } from "./spending.tsx";
import { WorkView } from "./work-view.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/queues/$id");

/** One queue. Its parts stand in the address. */
export function QueuePage() {
  const { id } = route.useParams();
  const { data: queue } = useSuspenseQuery(queueQuery(id));
  return queue.permissions.run ? <OwnQueue queue={queue} /> : <ForeignQueue queue={queue} />;
}

/** What everybody sees of a public queue. */
function ForeignQueue({ queue }: { queue: Queue }) {
  const t = useTexts();
  return (
    <div className="wrap queue">
      <Head queue={queue} status={null} />
      <p className="card queue-section">{t.publicOnly}</p>
    </div>
  );
}

function OwnQueue({ queue }: { queue: Queue }) {
  const t = useTexts();
  const { view, page } = route.useSearch();
  const { data: status } = useSuspenseQuery(statusQuery(queue.id));
  // People with whom it is shared set only logins, and only where the platform's workers use them.
  const hasSettings = queue.permissions.edit || queue.prediction_profile !== null;
  const parts = [undefined, ...views].filter((part) => part !== "settings" || hasSettings);
  return (
    <div className="wrap queue">
      <Head queue={queue} status={status} />
      {queue.problem !== null && <p className="notice bad">{queue.problem}</p>}
      {!queue.accepts_jobs && <p className="notice wait">{t.drained}</p>}
      <nav aria-label={queue.name} className="queue-tabs">
        {parts.map((part) => (
          <Link
            key={part ?? "work"}
            to="/queues/$id/"
            params={{ id: queue.id }}
            search={{ view: part }}
            className="queue-tab"
            // Another page of a part is still that part.
            aria-current={view === part ? "page" : undefined}
            activeOptions={{ exact: true, explicitUndefined: true }}
          >
            {t.views[part ?? "work"]}
          </Link>
        ))}
      </nav>
      {view === undefined && status && <WorkView queue={queue} status={status} page={page} />}
      {view === "settings" && <Settings key={queue.id} queue={queue} />}
      {view === "spending" && <Spending queue={queue} />}
      {view === "history" && <AuditTrail queue={queue} page={page} />}
    </div>
  );
}

function Head({ queue, status }: { queue: Queue; status: QueueStatus | null }) {
  const t = useTexts();
  return (
    <header className="queue-head">
      <PageTitle>{queue.name}</PageTitle>
      <Link to="/queues/" className="small queue-back">
        {t.title}
      </Link>
      <div className="queue-head-row">
        <h1 className="queue-name">{queue.name}</h1>
        <Health queue={queue} status={status} />
        <span className="small quiet">{t.whose(queue)}</span>
        <div className="queue-head-actions">
          {queue.permissions.edit && <Drain queue={queue} />}
          {status && status.workers.length > 0 && !isServedByPlatform(queue) && <AddWorker queue={queue} />}
        </div>
      </div>
    </header>
  );
}

/** Stops taking jobs after a question, and takes them again. */
function Drain({ queue }: { queue: Queue }) {
  const t = useTexts();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const change = async (accepts_jobs: boolean) => {
    await changeQueue(queue.id, { accepts_jobs });
    await client.invalidateQueries({ queryKey: ["queue", queue.id] });
  };
  const accept = useMutation({ mutationFn: () => change(true) });
  return (
    <>
      {queue.accepts_jobs ? (
        <button type="button" className="button" onClick={() => setAsking(true)}>
          {t.drain}
        </button>
      ) : (
        <button type="button" className="button main" disabled={accept.isPending} onClick={() => accept.mutate()}>
          {t.accept}
        </button>
      )}
      {accept.isError && <ErrorNotice error={accept.error} />}
      {asking && (
        <ConfirmDialog
          title={t.drainTitle(queue.name)}
          action={t.drain}
          onConfirm={() => change(false)}
          onClose={() => setAsking(false)}
        >
          <p>{t.drainAbout}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Makes a token, and shows the command with it first. */
function AddWorker({ queue }: { queue: Queue }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const add = useMutation({
    mutationFn: async () => {
      await makeCommand(client, queue.id, "worker");
      await navigate({ to: "/queues/$id/", params: { id: queue.id }, resetScroll: true });
    },
  });
  return (
    <>
      <button type="button" className="button main" disabled={add.isPending} onClick={() => add.mutate()}>
        {t.addWorker}
      </button>
      {add.isError && <ErrorNotice error={add.error} />}
    </>
  );
}
