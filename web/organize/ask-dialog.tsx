import { useId, useState, type ReactNode } from "react";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { useRefresh } from "./queries.ts";
import { useOrganizeTexts } from "./texts.ts";

/** Asks before something of the competition is changed, which is read anew then. */
export function AskDialog<Answer>(props: {
  title: string;
  /** What the button does. */
  button: string;
  isDanger?: boolean;
  /** Whether a reason is asked for, which the audit trail keeps. */
  asksReason?: boolean;
  isReady?: boolean;
  act: (reason: string) => Promise<Answer>;
  onDone?: (answer: Answer) => void;
  onClose: () => void;
  children?: ReactNode;
}) {
  const t = useOrganizeTexts();
  const reasonId = useId();
  const [reason, setReason] = useState("");
  const refresh = useRefresh(useCompetition().id);
  const { title, button, isDanger = false, asksReason = false, isReady = true, act, onDone, onClose } = props;
  return (
    <ConfirmDialog
      title={title}
      action={button}
      isSafe={!isDanger}
      isReady={isReady}
      onConfirm={async () => {
        const answer = await act(reason.trim());
        await refresh();
        onDone?.(answer);
      }}
      onClose={onClose}
    >
      {props.children}
      {asksReason && (
        <div className="field">
          <label htmlFor={reasonId}>
            {t.reason} <span className="quiet">({t.optional})</span>
          </label>
          <input
            id={reasonId}
            className="input"
            value={reason}
            maxLength={500}
            aria-describedby={`${reasonId}-hint`}
            onChange={({ target }) => setReason(target.value)}
          />
          <span id={`${reasonId}-hint`} className="hint">
            {t.reasonHint}
          </span>
        </div>
      )}
    </ConfirmDialog>
  );
}
