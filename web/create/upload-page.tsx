import "./upload-page.css";
import { useIsMutating, useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { bytes, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import type { Checked } from "./check-bundle.ts";
import { CreationProgress, Progress } from "./creation-progress.tsx";
import { BundleDrop, ChooseButton } from "./bundle-drop.tsx";
import { ReportHead } from "./report-head.tsx";
import { Report } from "./report.tsx";
import { downloadReport } from "./report-file.ts";
import { useUploadTexts } from "../upload/texts.ts";
import { useSending } from "../upload/use-sending.ts";
import { useTexts } from "./texts.ts";
import { uploadBundle } from "./upload.ts";

const route = getRouteApi("/competitions/upload");

const uploadKey = ["upload-bundle"];

interface Chosen {
  file: File;
  checked: Checked;
}

/** Makes a competition of a bundle: checks it here, uploads it, and shows how it is unpacked. */
export function UploadPage() {
  const t = useTexts();
  const navigate = route.useNavigate();
  const { creation } = route.useSearch();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const check = useMutation({
    mutationFn: async (file: File): Promise<Chosen> => {
      const { checkBundle } = await import("./check-bundle.ts");
      return { file, checked: await checkBundle(file) };
    },
    onSuccess: setChosen,
  });
  const isUploading = useIsMutating({ mutationKey: uploadKey }) > 0;
  const choose = (file: File) => {
    if (creation !== undefined) void navigate({ search: {} });
    check.mutate(file);
  };
  return (
    <div
      className="wrap upload"
      // A mended zip may be dropped anywhere.
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [file] = event.dataTransfer.files;
        if (file && !isUploading) choose(file);
      }}
    >
      <PageTitle>{t.newTitle}</PageTitle>
      <nav aria-label={t.crumbs} className="upload-crumbs small">
        <Link to="/competitions/">{t.organized}</Link> <span aria-hidden="true">/</span> {t.new}
      </nav>
      {creation !== undefined ? (
        <CreationProgress id={creation} yaml={chosen?.checked.yaml ?? null} onChoose={choose} />
      ) : chosen ? (
        <CheckedBundle key={chosen.file.lastModified} chosen={chosen} onChoose={choose} />
      ) : (
        <>
          <h1>{t.newTitle}</h1>
          <BundleDrop busy={check.isPending} onChoose={choose} />
          <p className="upload-form">
            {t.noBundle}{" "}
            <Link to="/competitions/create/" className="button">
              {t.fillIn}
            </Link>
          </p>
        </>
      )}
      {check.isError && <ErrorNotice error={check.error} />}
    </div>
  );
}

function CheckedBundle({ chosen: { file, checked }, onChoose }: { chosen: Chosen; onChoose: (file: File) => void }) {
  const t = useTexts();
  const { broken } = useUploadTexts();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const { sent, isBroken, begin, stop, isStopped } = useSending();
  const upload = useMutation({
    mutationKey: uploadKey,
    mutationFn: () => uploadBundle(file, checked.checksum, begin()),
    onSuccess: async (creation) => {
      await client.invalidateQueries({ queryKey: ["creations"] });
      await navigate({ search: { creation } });
    },
  });
  useLeaveGuard(upload.isPending);
  return (
    <>
      <ReportHead title={file.name} problems={checked.problems}>
        {checked.problems.length > 0 && (
          <button
            type="button"
            className="button"
            onClick={() => downloadReport(file.name, checked.yaml, checked.problems)}
          >
            {t.saveReport}
          </button>
        )}
        {checked.isValid ? (
          <>
            <ChooseButton label={t.another} onChoose={onChoose} disabled={upload.isPending} />
            <button type="button" className="button main" disabled={upload.isPending} onClick={() => upload.mutate()}>
              {upload.isPending ? t.uploading : t.create}
            </button>
          </>
        ) : (
          <ChooseButton main label={t.another} onChoose={onChoose} />
        )}
      </ReportHead>
      {upload.isPending && (
        <div className="card upload-progress">
          <Progress
            label={t.uploading}
            share={file.size === 0 ? 0 : sent / file.size}
            detail={isBroken ? broken : t.sent(bytes(sent), bytes(file.size))}
          />
          <button type="button" className="button" onClick={stop}>
            {t.cancel}
          </button>
        </div>
      )}
      {upload.isError && !isStopped && <ErrorNotice error={upload.error} />}
      <div className="upload-report">
        <section className="card upload-yaml" aria-label={t.description}>
          <div className="upload-yaml-head">
            <h2>{t.description}</h2>
            <p className="small quiet">
              {!checked.isValid ? t.nothingCreated : checked.problems.length > 0 ? t.heed : t.fine}
            </p>
          </div>
          <Report yaml={checked.yaml} problems={checked.problems} />
        </section>
        <Aside file={file} checked={checked} />
      </div>
    </>
  );
}

function Aside({ file, checked: { files, summary } }: { file: File; checked: Checked }) {
  const t = useTexts();
  return (
    <div className="upload-aside">
      <section className="card upload-card">
        <h2>{summary ? t.content : t.checked}</h2>
        <ul className="upload-facts small">
          <li>{t.zip(number(files), files, bytes(file.size))}</li>
          {summary && (
            <>
              <li>
                <b>{summary.title}</b>
              </li>
              <li>{t.phases(summary.phases.length)}</li>
              <li>{t.tasks(summary.tasks)}</li>
              <li>{t.columns(summary.columns)}</li>
              <li>{t.pages(summary.pages)}</li>
            </>
          )}
        </ul>
        <p className="small quiet">{t.later}</p>
      </section>
      <section className="card upload-card">
        <h2>{t.tryFirst}</h2>
        <p className="small quiet">{t.tryHint}</p>
        <code>npx benchstack run {file.name} submission.zip</code>
      </section>
    </div>
  );
}

/** Asks before the browser leaves while something is under way. */
function useLeaveGuard(isOn: boolean) {
  useEffect(() => {
    if (!isOn) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isOn]);
}
