import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import { number } from "../../app/format.ts";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import type { Phase } from "../../competitions/queries.ts";
import { AskDialog } from "../ask-dialog.tsx";
import { because, grantsQuery } from "../queries.ts";
import { Table } from "../table-parts.tsx";
import { useOrganizeTexts } from "../texts.ts";
import { useTexts } from "./texts.ts";

/** Who may submit more to a phase than its limits allow. */
export function Grants({ phase }: { phase: Phase }) {
  const t = useTexts();
  const common = useOrganizeTexts();
  const competition = useCompetition();
  const { data: grants } = useSuspenseQuery(grantsQuery(competition.id, phase.id));
  const [asked, setAsked] = useState<number>();
  const grant = grants.find(({ id }) => id === asked);
  if (grants.length === 0)
    return (
      <p className="small quiet">
        {t.noGrants}{" "}
        <Link
          to="/competitions/$id/organize/participants/"
          params={{ id: String(competition.id) }}
          search={{ status: "approved" }}
        >
          {t.toParticipants}
        </Link>
      </p>
    );
  return (
    <>
      <h4 className="small">{t.grants}</h4>
      <Table label={`${t.grants}, ${phase.name}`}>
        <thead>
          <tr>
            <th scope="col">{t.who}</th>
            <th scope="col" className="number">
              {t.perDay}
            </th>
            <th scope="col" className="number">
              {t.inAll}
            </th>
            <th scope="col">{t.reason}</th>
            <th scope="col">{t.by}</th>
            <th scope="col">{t.actions}</th>
          </tr>
        </thead>
        <tbody>
          {grants.map((one) => (
            <tr key={one.id}>
              <th scope="row">{one.username}</th>
              <td className="number">+{number(one.submissions_per_day)}</td>
              <td className="number">+{number(one.submissions_per_person)}</td>
              <td className="table-long">{one.reason ?? common.none}</td>
              <td>{one.granted_by}</td>
              <td>
                <button
                  type="button"
                  className="org-link-button danger"
                  aria-label={t.takeBackFrom(one.username)}
                  onClick={() => setAsked(one.id)}
                >
                  {t.takeBack}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {grant && (
        <AskDialog
          title={t.takeBackTitle(grant.username)}
          button={t.takeBackButton}
          isDanger
          asksReason
          act={(reason) =>
            ask(
              api.DELETE("/api/phases/{id}/grants/{grant}/", {
                params: { path: { id: phase.id, grant: grant.id } },
                ...because(reason),
              }),
            )
          }
          onClose={() => setAsked(undefined)}
        >
          <p>{t.takeBackAbout}</p>
        </AskDialog>
      )}
    </>
  );
}
