import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { date, dateTime } from "../../app/format.ts";
import { EventTable } from "../../audit/event-table.tsx";
import { Table } from "../../design/table.tsx";
import type { AccountInDetail } from "./queries.ts";
import { useTexts } from "./texts.ts";

const toCompetition = (id: number, title: string) => (
  <Link to="/competitions/$id/" params={{ id: String(id) }}>
    {title}
  </Link>
);

/** What belongs to an account: logins, competitions, submissions, queues, organizations and events. */
export function Belongings({ user }: { user: AccountInDetail }) {
  const t = useTexts();
  const logins = [
    ...user.sessions.map((login) => ({ ...login, kind: t.session, what: login.user_agent ?? "–" })),
    ...user.tokens.map((login) => ({ ...login, kind: t.token, what: login.name ?? login.user_agent ?? "–" })),
  ];
  return (
    <>
      <Section title={t.logins}>
        <Table
          label={t.logins}
          rows={logins}
          rowKey={({ id }) => id}
          empty={t.noLogins}
          columns={[
            {
              head: t.device,
              cell: ({ kind, what }) => (
                <span className="table-long">
                  <b>{kind}</b> {what}
                </span>
              ),
            },
            { head: t.begun, cell: (login) => dateTime(login.created_when) },
            { head: t.lastUsed, cell: (login) => (login.last_used ? dateTime(login.last_used) : "–") },
            { head: t.ends, cell: (login) => date(login.expires_at) },
          ]}
        />
      </Section>
      {user.identities.length > 0 && (
        <Section title={t.identities}>
          <Table
            label={t.identities}
            rows={user.identities}
            rowKey={({ provider }) => provider}
            empty={t.nothing}
            columns={[
              { head: t.name, cell: ({ provider }) => provider },
              { head: t.begun, cell: (identity) => dateTime(identity.created_when) },
              { head: t.lastUsed, cell: (identity) => dateTime(identity.last_used) },
            ]}
          />
        </Section>
      )}
      <Section title={t.competitions}>
        <Table
          label={t.competitions}
          rows={user.competitions}
          rowKey={({ id }) => id}
          empty={t.nothing}
          columns={[
            {
              head: t.competition,
              cell: ({ id, title, published }) => (
                <>
                  {toCompetition(id, title)} {!published && <span className="pill">{t.draft}</span>}
                </>
              ),
            },
            { head: t.as, cell: (competition) => (competition.is_creator ? t.creator : t.organizer) },
            { head: t.when, cell: (competition) => date(competition.created_when) },
          ]}
        />
      </Section>
      <Section title={t.recent}>
        <Table
          label={t.recent}
          rows={user.recent_submissions}
          rowKey={({ id }) => id}
          empty={t.nothing}
          columns={[
            {
              head: t.submission,
              cell: ({ id, competition }) => (
                <Link
                  to="/competitions/$id/submissions/$submission/"
                  params={{ id: String(competition.id), submission: String(id) }}
                >
                  #{id}
                </Link>
              ),
            },
            { head: t.competition, cell: ({ competition: { id, title } }) => toCompetition(id, title) },
            { head: t.status, cell: ({ status }) => status },
            { head: t.when, cell: (submission) => dateTime(submission.created_when) },
          ]}
        />
      </Section>
      {user.queues.length > 0 && (
        <Section title={t.queues}>
          <Table
            label={t.queues}
            rows={user.queues}
            rowKey={({ id }) => id}
            empty={t.nothing}
            columns={[
              { head: t.name, cell: ({ name }) => name },
              { head: t.public, cell: (queue) => (queue.is_public ? t.yes : t.no) },
              { head: t.when, cell: (queue) => date(queue.created_when) },
            ]}
          />
        </Section>
      )}
      {user.organizations.length > 0 && (
        <Section title={t.organizations}>
          <Table
            label={t.organizations}
            rows={user.organizations}
            rowKey={({ id }) => id}
            empty={t.nothing}
            columns={[
              { head: t.name, cell: ({ name }) => name },
              { head: t.group, cell: ({ group }) => group },
            ]}
          />
        </Section>
      )}
      <Section title={t.events}>
        <EventTable label={t.events} events={user.recent_events} empty={t.nothing} />
      </Section>
    </>
  );
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="admin-section">
    <h2>{title}</h2>
    {children}
  </section>
);
