import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../../api/client.ts";
import { dateTime, number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Segments } from "../../design/segments.tsx";
import { Action } from "../parts/action.tsx";
import { Table } from "../../design/table.tsx";
import { SearchFilter } from "../../design/filters.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { mailsQuery, statuses, type Mail, type MailSearch } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/mails");
const colours = { failed: "bad", waiting: "wait", sending: "wait", sent: "good", kept: "" } as const;

/** The mail that the platform wrote, without its text. */
export function MailsPage() {
  const t = useTexts();
  const { pages } = useAdminTexts();
  const search = route.useSearch();
  const { data } = useSuspenseQuery(mailsQuery(search));
  return (
    <>
      <PageTitle>{pages.mails}</PageTitle>
      <h1>{pages.mails}</h1>
      <p className="admin-lead quiet">{t.aboutMail}</p>
      <div className="admin-tools">
        <Statuses search={search} counts={data.counts} />
        <SearchFilter label={t.recipient} value={search.q} />
      </div>
      <Table
        label={pages.mails}
        rows={data.results}
        rowKey={({ id }) => id}
        empty={t.noMail}
        columns={[
          { head: t.subjectLine, cell: ({ subject }) => <span className="table-long">{subject}</span> },
          {
            head: t.status,
            cell: ({ status }) => <span className={`pill ${colours[status]}`}>{t.statusOf[status]}</span>,
          },
          { head: t.to, cell: (mail) => <Recipients mail={mail} /> },
          { head: t.when, cell: (mail) => dateTime(mail.created_when) },
          { head: t.sent, cell: (mail) => mail.sent_when && dateTime(mail.sent_when) },
          {
            head: <span className="hidden">{t.retry}</span>,
            cell: ({ id, subject, can_retry: canRetry }) =>
              canRetry && (
                <Action
                  label={t.retry}
                  about={subject}
                  title={t.retryTitle}
                  submit={t.retry}
                  run={() => ask(api.POST("/api/mails/{id}/retry/", { params: { path: { id } } }))}
                >
                  <p>{subject}</p>
                </Action>
              ),
          },
          { head: t.problem, cell: ({ problem }) => problem && <span className="table-long">{problem}</span> },
        ]}
      />
      <Pager page={search.page ?? 1} pageSize={pageSize} count={data.count} />
    </>
  );
}

function Recipients({ mail }: { mail: Mail }) {
  const [first, ...others] = [...mail.recipients, ...mail.blind_copies];
  return (
    <>
      {first} {others.length > 0 && <span className="quiet">+{number(others.length)}</span>}
    </>
  );
}

function Statuses({ search, counts }: { search: MailSearch; counts: Partial<Record<Mail["status"], number>> }) {
  const t = useTexts();
  return (
    <Segments label={t.status}>
      {([undefined, ...statuses] as const).map((status) => {
        const current = search.status === status ? "true" : undefined;
        return (
          <Link
            key={status ?? "all"}
            to="/admin/mails/"
            search={{ q: search.q, status }}
            aria-current={current}
            activeOptions={{ exact: true }}
          >
            {t.statuses[status ?? "all"]} {status && <span className="numbers">{number(counts[status] ?? 0)}</span>}
          </Link>
        );
      })}
    </Segments>
  );
}
