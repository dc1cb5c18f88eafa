import "./mail-dialog.css";
import { useId, useState } from "react";
import { api, ask } from "../../api/client.ts";
import { number } from "../../app/format.ts";
import type { Competition } from "../../competitions/queries.ts";
import { Segments } from "../../design/segments.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import { participantStatuses, type Participant } from "../queries.ts";
import { useTexts } from "./texts.ts";

type Status = (typeof participantStatuses)[number];

/** Writes to one participant, or to all with some statuses. Mail is text, which the preview shows as it arrives. */
export function MailDialog(props: {
  competition: Competition;
  /** One person; otherwise the statuses of the recipients are chosen. */
  person?: Participant;
  /** How many people have each status. */
  counts?: Record<string, number>;
  onDone: (what: string) => void;
  onClose: () => void;
}) {
  const t = useTexts();
  const id = useId();
  const { competition, person, counts = {}, onDone, onClose } = props;
  const [statuses, setStatuses] = useState<ReadonlySet<Status>>(new Set<Status>(["approved"]));
  const [message, setMessage] = useState("");
  const [isPreview, setPreview] = useState(false);
  return (
    <AskDialog
      title={person ? t.mailTo(person.username) : t.mailTitle}
      button={t.send}
      isReady={message.trim() !== "" && (person !== undefined || statuses.size > 0)}
      act={() =>
        person
          ? ask(
              api.POST("/api/participants/{id}/send_email/", {
                params: { path: { id: person.id } },
                body: { message },
              }),
            )
          : ask(
              api.POST("/api/competitions/{id}/email_all_participants/", {
                params: { path: { id: competition.id } },
                body: { message, status: [...statuses] },
              }),
            )
      }
      onDone={({ detail }) => onDone(detail)}
      onClose={onClose}
    >
      {!person && (
        <fieldset className="mail-to">
          <legend className="small">
            <b>{t.to}</b>
          </legend>
          {participantStatuses
            .filter((status) => status === "approved" || counts[status])
            .map((status) => (
              <label key={status} className="mail-status small">
                <input
                  type="checkbox"
                  checked={statuses.has(status)}
                  onChange={({ target }) => {
                    const next = new Set(statuses);
                    if (target.checked) next.add(status);
                    else next.delete(status);
                    setStatuses(next);
                  }}
                />
                {t.status[status]} <span className="quiet numbers">{number(counts[status] ?? 0)}</span>
              </label>
            ))}
        </fieldset>
      )}
      <div className="field">
        <div className="org-card-head">
          <label htmlFor={id} className="small">
            <b>{t.message}</b>
          </label>
          <Segments label={t.view}>
            <button type="button" aria-current={!isPreview} onClick={() => setPreview(false)}>
              {t.write}
            </button>
            <button type="button" aria-current={isPreview} onClick={() => setPreview(true)}>
              {t.preview}
            </button>
          </Segments>
        </div>
        <textarea
          id={id}
          className="input"
          hidden={isPreview}
          rows={8}
          maxLength={100_000}
          value={message}
          onChange={({ target }) => setMessage(target.value)}
        />
        {isPreview && (
          <div className="mail-preview">
            <p className="small">
              <span className="quiet">{t.subject}:</span> {t.subjectText(competition.title)}
            </p>
            <p className="mail-text">{message}</p>
          </div>
        )}
        <span className="hint">{t.mailAbout}</span>
      </div>
    </AskDialog>
  );
}
