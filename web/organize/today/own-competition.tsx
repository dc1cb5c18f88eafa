import { copyText } from "../../app/copy.ts";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { api, ask } from "../../api/client.ts";
import type { Competition } from "../../competitions/queries.ts";
import { Field } from "../../design/field.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import { because, worstCaseQuery } from "../queries.ts";
import { WorstCase } from "../spend/worst-case.tsx";
import { useTexts } from "./texts.ts";

/** Publishing the competition, its secret link, handing it over and deleting it. */
export function OwnCompetition({ competition }: { competition: Competition }) {
  const t = useTexts();
  const [asked, setAsked] = useState<"publish" | "handOver" | "delete">();
  const [offeredTo, setOfferedTo] = useState<string>();
  const { id, title, published, permissions } = competition;
  const key = "secret_key" in competition ? String(competition.secret_key) : undefined;
  const close = () => setAsked(undefined);
  return (
    <section className="card org-card" aria-labelledby="own-competition">
      <div className="org-card-head">
        <h3 id="own-competition">{t.competition}</h3>
        <div className="org-actions">
          <button type="button" className="button" onClick={() => setAsked("publish")}>
            {published ? t.unpublish : t.publish}
          </button>
          {permissions["hand_over"] && (
            <button type="button" className="button" onClick={() => setAsked("handOver")}>
              {t.handOver}
            </button>
          )}
          {permissions["delete"] && (
            <button type="button" className="button danger" onClick={() => setAsked("delete")}>
              {t.remove}
            </button>
          )}
        </div>
      </div>
      <p>
        <span className={`pill ${published ? "good" : ""}`}>{published ? t.isPublic : t.isPrivate}</span>{" "}
        <span className="quiet">{published ? t.publicAbout : t.privateAbout}</span>
      </p>
      {!published && key !== undefined && (
        <SecretLink address={`${location.origin}/competitions/${id}/?secret_key=${key}`} />
      )}
      {offeredTo !== undefined && (
        <p role="status" className="notice good">
          {t.offered(offeredTo)}
        </p>
      )}
      {asked === "publish" && <PublishDialog id={id} published={published} onClose={close} />}
      {asked === "handOver" && <HandOverDialog id={id} onDone={setOfferedTo} onClose={close} />}
      {asked === "delete" && <DeleteDialog id={id} title={title} onClose={close} />}
    </section>
  );
}

function SecretLink({ address }: { address: string }) {
  const t = useTexts();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    // Without HTTPS, browsers do not let pages write there. The selected text can be copied by hand.
    field.current?.select();
    setCopied(await copyText(address));
  };
  return (
    <div className="field">
      <label htmlFor="secret-link">{t.secretLink}</label>
      <div className="org-copy">
        <input
          ref={field}
          id="secret-link"
          className="input"
          readOnly
          value={address}
          aria-describedby="secret-about"
        />
        <button type="button" className="button" onClick={() => void copy().catch(() => undefined)}>
          <span role="status">{copied ? t.copied : t.copy}</span>
        </button>
      </div>
      <span id="secret-about" className="hint">
        {t.secretAbout}
      </span>
    </div>
  );
}

function PublishDialog({ id, published, onClose }: { id: number; published: boolean; onClose: () => void }) {
  const t = useTexts();
  const { data: worst } = useQuery({ ...worstCaseQuery(id), enabled: !published });
  return (
    <AskDialog
      title={published ? t.unpublishTitle : t.publishTitle}
      button={published ? t.unpublishButton : t.publishButton}
      isDanger={published}
      isReady={published || worst !== undefined}
      asksReason={published}
      act={(reason) =>
        ask(api.POST("/api/competitions/{id}/toggle_publish/", { params: { path: { id } }, ...because(reason) }))
      }
      onClose={onClose}
    >
      <p>{published ? t.unpublishAbout : t.publishAbout}</p>
      {worst && (
        <>
          <h3>{t.worst}</h3>
          <WorstCase worst={worst} />
        </>
      )}
    </AskDialog>
  );
}

function HandOverDialog(props: { id: number; onDone: (to: string) => void; onClose: () => void }) {
  const t = useTexts();
  const [to, setTo] = useState("");
  return (
    <AskDialog
      title={t.handOverTitle}
      button={t.handOverButton}
      isReady={to.trim() !== ""}
      act={() =>
        ask(api.POST("/api/account/hand-overs/", { body: { kind: "competition", id: props.id, to: to.trim() } }))
      }
      onDone={() => props.onDone(to.trim())}
      onClose={props.onClose}
    >
      <p>{t.handOverAbout}</p>
      <Field label={t.to} value={to} onChange={({ target }) => setTo(target.value)} autoComplete="off" />
    </AskDialog>
  );
}

function DeleteDialog({ id, title, onClose }: { id: number; title: string; onClose: () => void }) {
  const t = useTexts();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  return (
    <AskDialog
      title={t.removeTitle}
      button={t.removeButton}
      isDanger
      asksReason
      isReady={typed.trim() === title.trim()}
      act={async (reason) => {
        await ask(api.DELETE("/api/competitions/{id}/", { params: { path: { id } }, ...because(reason) }));
        await navigate({ to: "/competitions/public/", search: { mine: "organizing" } });
        client.removeQueries({ predicate: ({ queryKey }) => queryKey[1] === id });
        await client.invalidateQueries({ queryKey: ["competitions"] });
      }}
      onClose={onClose}
    >
      <p>{t.removeAbout}</p>
      <Field
        label={t.typeTitle(title)}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        autoComplete="off"
      />
    </AskDialog>
  );
}
