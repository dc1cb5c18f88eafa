import "../design/record-table.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { number, relative } from "../app/format.ts";
import { Pager } from "../competitions/pager.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { pageSize, quarantineQuery, type Queue } from "./queries.ts";
import { useTexts } from "./texts.ts";

type Job = ReturnType<typeof useQuarantine>["results"][number];

const useQuarantine = (queue: Queue, page: number) => useSuspenseQuery(quarantineQuery(queue.id, page)).data;

/** Jobs that failed because of the platform. Nothing stands here while there are none. */
export function Quarantine({ queue, page }: { queue: Queue; page: number }) {
  const t = useTexts();
  const { count, results } = useQuarantine(queue, page);
  if (count === 0) return null;
  return (
    <section className="queue-part">
      <div className="queue-part-head">
        <h2>{t.quarantine}</h2>
        <p className="small quiet">{t.quarantineAbout}</p>
      </div>
      <div className="card">
        <table className="record-table">
          <thead>
            <tr>
              <th scope="col">{t.job.submission}</th>
              <th scope="col" className="wide">
                {t.job.competition}
              </th>
              <th scope="col">{t.job.why}</th>
              <th scope="col" className="number wide">
                {t.job.tries}
              </th>
              <th scope="col" className="wide tight">
                {t.job.since}
              </th>
              <td />
            </tr>
          </thead>
          <tbody>
            {results.map((job) => (
              <JobRow key={job.job} queue={queue} job={job} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager page={page} pageSize={pageSize} count={count} />
    </section>
  );
}

function JobRow({ queue, job: quarantined }: { queue: Queue; job: Job }) {
  const { job, reason, attempts, quarantined_when } = quarantined;
  const t = useTexts();
  const client = useQueryClient();
  const [dropping, setDropping] = useState(false);
  const params = { path: { id: queue.id, job } };
  const refresh = () => client.invalidateQueries({ queryKey: ["queue", queue.id] });
  const replay = useMutation({
    mutationFn: () => ask(api.POST("/api/queues/{id}/quarantine/{job}/replay/", { params })),
    onSuccess: refresh,
  });
  const id = "submission" in quarantined ? `#${quarantined.submission}` : quarantined.name;
  return (
    <tr>
      {"submission" in quarantined ? (
        <SubmissionCells submission={quarantined.submission} competition={quarantined.competition} />
      ) : (
        <>
          <th scope="row" className="tight">
            {id}
          </th>
          <td className="wide">{t.run}</td>
        </>
      )}
      <td>
        {reason.message}
        {replay.isError && <ErrorNotice error={replay.error} />}
      </td>
      <td className="number wide">{number(attempts.length)}</td>
      <td className="wide tight">{relative(quarantined_when)}</td>
      <td className="record-actions">
        <button
          type="button"
          className="button"
          aria-label={`${t.replay} ${id}`}
          disabled={replay.isPending}
          onClick={() => replay.mutate()}
        >
          {t.replay}
        </button>
        <button type="button" className="button" aria-label={`${t.drop} ${id}`} onClick={() => setDropping(true)}>
          {t.drop}
        </button>
        {dropping && (
          <ConfirmDialog
            title={t.dropTitle(id)}
            action={t.drop}
            onConfirm={async () => {
              await ask(api.DELETE("/api/queues/{id}/quarantine/{job}/", { params }));
              await refresh();
            }}
            onClose={() => setDropping(false)}
          >
            <p>{t.dropAbout}</p>
          </ConfirmDialog>
        )}
      </td>
    </tr>
  );
}

function SubmissionCells({
  submission,
  competition,
}: Pick<Extract<Job, { submission: number }>, "submission" | "competition">) {
  const params = { id: String(competition.id), submission: String(submission) };
  return (
    <>
      <th scope="row" className="tight">
        <Link to="/competitions/$id/submissions/$submission/" params={params}>
          #{submission}
        </Link>
      </th>
      <td className="wide">
        <Link to="/competitions/$id/" params={{ id: String(competition.id) }}>
          {competition.title}
        </Link>
      </td>
    </>
  );
}
