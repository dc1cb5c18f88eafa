import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { bytes, dateTime, dollars, number, took } from "../app/format.ts";
import { Facts, type Fact } from "../design/facts.tsx";
import { invoiceQuery, type Details, type Run, type Submission } from "./queries.ts";
import { useTexts } from "./texts.ts";

const InvoiceDialog = lazy(() => import("./invoice-dialog.tsx"));

/** What the steps of an attempt used, as its worker reported it. */
interface StepUse {
  usage?: { peakMemoryBytes?: number | null; cpuSeconds?: number | null } | null;
}

/** When a run was, where, and what it used. */
export function RunCard(props: { submission: Submission; run: Run; details: Details | undefined }) {
  const { submission, run, details } = props;
  const t = useTexts();
  const [asks, setAsks] = useState(false);
  const { data: invoice } = useQuery({
    ...invoiceQuery(submission.id, submission.status),
    enabled: submission.permissions.details,
  });
  const attempts = details?.attempts ?? [];
  const last = attempts.at(-1);
  const uses = ((last?.["steps"] as StepUse[] | undefined) ?? []).map(({ usage }) => usage);
  const memory = Math.max(0, ...uses.map((usage) => usage?.peakMemoryBytes ?? 0));
  const cpu = uses.reduce((sum, usage) => sum + (usage?.cpuSeconds ?? 0), 0);
  const host = last?.["host"];
  const facts: Fact[] = [
    [t.run.by, submission.organization ? `${submission.organization.name} (${submission.owner})` : submission.owner],
    [t.run.submitted, dateTime(submission.created_when)],
    [t.run.started, run.started_when && dateTime(run.started_when)],
    [t.run.ended, run.finished_when && dateTime(run.finished_when)],
    [t.run.memory, memory > 0 && bytes(memory)],
    [t.run.cpu, uses.length > 0 && took(cpu * 1000)],
    [
      t.run.cost,
      invoice && invoice.lines.length > 0 && (
        <button type="button" className="submission-link" onClick={() => setAsks(true)}>
          {invoice.total_usd === null ? t.invoice.unknown : dollars(invoice.total_usd)}
        </button>
      ),
    ],
    [t.run.host, typeof host === "string" && host],
    [t.run.attempts, attempts.length > 1 && number(attempts.length)],
    [t.run.md5, submission.md5 && <code>{submission.md5}</code>],
  ];
  return (
    <section className="card submission-card" aria-labelledby="run-title">
      <h2 id="run-title">{t.run.title}</h2>
      <Facts facts={facts} className="numbers" />
      {asks && invoice && (
        <Suspense>
          <InvoiceDialog invoice={invoice} onClose={() => setAsks(false)} />
        </Suspense>
      )}
    </section>
  );
}
