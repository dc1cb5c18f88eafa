import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import { date } from "../../app/format.ts";
import type { Competition } from "../../competitions/queries.ts";
import { AskDialog } from "../ask-dialog.tsx";
import { because, type Participant } from "../queries.ts";
import { SelectAll, SelectRow, SortHeader, Table, type Selection } from "../table-parts.tsx";
import { useOrganizeTexts } from "../texts.ts";
import { GrantDialog, limitedPhases } from "./grant-dialog.tsx";
import { MailDialog } from "./mail-dialog.tsx";
import { useTexts } from "./texts.ts";

const tones: Partial<Record<Participant["status"], string>> = { pending: "wait", approved: "good", denied: "bad" };

export function ParticipantTable(props: {
  competition: Competition;
  rows: Participant[];
  selection: Selection;
  sort: string | undefined;
  onDone: (what: string) => void;
}) {
  const t = useTexts();
  const common = useOrganizeTexts();
  const [asked, setAsked] = useState<{ what: "mail" | "grant" | "release"; id: number }>();
  const { competition, rows, selection, sort, onDone } = props;
  const order = { sort, standard: "username" };
  const hasTeams = competition.teams_share_limits || rows.some(({ organization }) => organization !== null);
  const isLimited = limitedPhases(competition).length > 0;
  const person = rows.find(({ id }) => id === asked?.id);
  const dialog = { competition, onDone, onClose: () => setAsked(undefined) };
  return (
    <>
      <Table label={t.title}>
        <thead>
          <tr>
            <SelectAll selection={selection} page={rows.map(({ id }) => id)} />
            <SortHeader {...order} by="username">
              {t.name}
            </SortHeader>
            <SortHeader {...order} by="email">
              {t.address}
            </SortHeader>
            <SortHeader {...order} by="status">
              {t.statusHead}
            </SortHeader>
            {hasTeams && <th scope="col">{t.team}</th>}
            <SortHeader {...order} by="joined_when" isDescendingFirst>
              {t.joined}
            </SortHeader>
            <th scope="col">{t.actions}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, username, email, status, organization, joined_when }) => (
            <tr key={id} data-selected={selection.ids.has(id)}>
              <SelectRow selection={selection} id={id} name={username} />
              <th scope="row">{username}</th>
              <td>{email}</td>
              <td>
                <span className={`pill ${tones[status] ?? ""}`}>{t.status[status]}</span>
              </td>
              {hasTeams && <td>{organization?.name ?? common.none}</td>}
              <td>{date(joined_when)}</td>
              <td>
                <button
                  type="button"
                  className="org-link-button"
                  aria-label={t.mailTo(username)}
                  onClick={() => setAsked({ what: "mail", id })}
                >
                  {t.mail}
                </button>
                {status === "approved" && isLimited && (
                  <button
                    type="button"
                    className="org-link-button"
                    aria-label={t.grantTo(username)}
                    onClick={() => setAsked({ what: "grant", id })}
                  >
                    {t.grant}
                  </button>
                )}
                {organization && (
                  <button
                    type="button"
                    className="org-link-button danger"
                    aria-label={t.releaseFrom(username)}
                    onClick={() => setAsked({ what: "release", id })}
                  >
                    {t.release}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {person && asked?.what === "mail" && <MailDialog {...dialog} person={person} />}
      {person && asked?.what === "grant" && <GrantDialog {...dialog} person={person} />}
      {person?.organization && asked?.what === "release" && (
        <AskDialog
          title={t.releaseTitle(person.username, person.organization.name)}
          button={t.releaseButton}
          isDanger
          asksReason
          act={(reason) =>
            ask(api.DELETE("/api/participants/{id}/team/", { params: { path: { id: person.id } }, ...because(reason) }))
          }
          onClose={dialog.onClose}
        >
          <p>{t.releaseAbout}</p>
        </AskDialog>
      )}
    </>
  );
}
