import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { bytes } from "../app/format.ts";
import { ChooseButton } from "./bundle-drop.tsx";
import { creationQuery, isOver } from "./queries.ts";
import { ReportHead } from "./report-head.tsx";
import { Report } from "./report.tsx";
import { useTexts } from "./texts.ts";

/** How far the platform is with a bundle. Leads to the competition when it is there. */
export function CreationProgress(props: { id: number; yaml: string | null; onChoose: (file: File) => void }) {
  const t = useTexts();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { data: creation } = useSuspenseQuery(creationQuery(props.id));
  const { status, progress, problems, resulting_competition: competition } = creation;
  // Whoever comes back to this address is not led on.
  const wasUnderWay = useRef(!isOver(creation));
  useEffect(() => {
    if (status !== "Finished" || competition === null || !wasUnderWay.current) return;
    void client.invalidateQueries({ queryKey: ["competitions"] });
    void navigate({ to: "/competitions/$id/", params: { id: String(competition) }, replace: true });
  }, [status, competition, navigate, client]);
  if (status === "Failed")
    return (
      <>
        <ReportHead title={t.bundle} problems={problems}>
          <ChooseButton main label={t.another} onChoose={props.onChoose} />
        </ReportHead>
        <section className="card upload-yaml" aria-label={t.description}>
          <div className="upload-yaml-head">
            <h2>{t.description}</h2>
            <p className="small quiet">{t.nothingCreated}</p>
          </div>
          <Report yaml={props.yaml} problems={problems} />
        </section>
      </>
    );
  if (status === "Finished")
    return (
      <>
        <h1>{competition === null ? t.gone : t.done}</h1>
        {competition !== null && (
          <p>
            <Link to="/competitions/$id/" params={{ id: String(competition) }} className="button main">
              {t.open}
            </Link>
          </p>
        )}
      </>
    );
  return (
    <>
      <h1>{t.newTitle}</h1>
      <div className="card upload-progress">
        <Progress
          label={!progress ? t.waiting : progress.stage === "storing" ? t.storing : t.finishing}
          share={progress && progress.total_bytes > 0 ? progress.done_bytes / progress.total_bytes : null}
          detail={progress ? t.sent(bytes(progress.done_bytes), bytes(progress.total_bytes)) : ""}
        />
      </div>
      <p className="small quiet">{t.stays}</p>
    </>
  );
}

/** A bar that fills. `share` is null while nobody knows how much there is to do. */
export function Progress({ label, share, detail }: { label: string; share: number | null; detail: string }) {
  return (
    <div className="upload-bar">
      <p className="upload-bar-words">
        <b role="status">{label}</b> <span className="small quiet numbers">{detail}</span>
      </p>
      <progress aria-label={label} max={1} value={share ?? undefined} />
    </div>
  );
}
