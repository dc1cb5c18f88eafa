import "./phases-page.css";
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../../api/client.ts";
import { dateTime, number } from "../../app/format.ts";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import type { Phase } from "../../competitions/queries.ts";
import { ErrorNotice } from "../../shell/problem.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import { because, migrationQuery } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** Shows which submissions would be copied to the next phase, and copies them. */
export function MigrateDialog(props: {
  phase: Phase;
  next: Phase;
  onDone: (what: string) => void;
  onClose: () => void;
}) {
  const t = useTexts();
  const competition = useCompetition();
  const { phase, next, onDone, onClose } = props;
  const preview = useQuery({ ...migrationQuery(competition.id, phase.id), staleTime: 0 });
  const { data } = preview;
  return (
    <AskDialog
      title={t.migrateTitle(phase.name)}
      button={t.migrateButton}
      asksReason={data !== undefined && data.count > 0}
      isReady={data !== undefined && data.count > 0}
      act={(reason) =>
        ask(api.POST("/api/phases/{id}/manually_migrate/", { params: { path: { id: phase.id } }, ...because(reason) }))
      }
      onDone={({ count }) => onDone(t.migrated(count, number(count)))}
      onClose={onClose}
    >
      {preview.isError && <ErrorNotice error={preview.error} />}
      {preview.isPending && <p className="quiet">{t.loading}</p>}
      {data && (
        <>
          <p>
            {data.count > 0
              ? t.migrateAbout(data.count, number(data.count), data.to.name)
              : t.migrateNone(data.to.name)}{" "}
            {next.auto_migrate_to_this_phase && next.status === "Next" && t.byItself(next.name)}
          </p>
          {data.count > 0 && (
            <ul className="phase-migrated small numbers" tabIndex={0} aria-label={t.migrateTitle(phase.name)}>
              {data.results.map(({ id, owner, created_when }) => (
                <li key={id}>
                  <span>
                    #{id} {owner}
                  </span>
                  <span className="quiet">{dateTime(created_when)}</span>
                </li>
              ))}
              {data.count > data.results.length && (
                <li className="quiet">{t.migrateMore(number(data.count - data.results.length))}</li>
              )}
            </ul>
          )}
        </>
      )}
    </AskDialog>
  );
}
