import { dollars, number } from "../../app/format.ts";
import type { Shape } from "../../api/client.ts";
import { Table } from "../table-parts.tsx";
import { useTexts } from "./texts.ts";

/** The most that each phase can cost the platform. */
export function WorstCase({ worst }: { worst: Shape<"WorstCase"> }) {
  const t = useTexts();
  const amount = (usd: string | null) => (usd === null ? t.unknown : dollars(usd));
  return (
    <>
      <Table label={t.worst}>
        <thead>
          <tr>
            <th scope="col">{t.phase}</th>
            <th scope="col" className="number">
              {t.perSubmission}
            </th>
            <th scope="col" className="number">
              {t.submissions}
            </th>
            <th scope="col" className="number">
              {t.inAll}
            </th>
          </tr>
        </thead>
        <tbody>
          {worst.phases.map((phase) => (
            <tr key={phase.id}>
              <th scope="row" className="table-long">
                {phase.name}
              </th>
              <td className="number">{amount(phase.per_submission_usd)}</td>
              <td className="number">
                {phase.submissions_per_participant === null ? t.noLimit : number(phase.submissions_per_participant)}
              </td>
              <td className="number">{amount(phase.total_usd)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className="small quiet">
        {t.worstAbout(worst.participants, number(worst.participants))}{" "}
        {worst.paid_by === "platform" ? t.paidByPlatform : t.paidByOwner}
      </p>
    </>
  );
}
