import "../design/record-table.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { date } from "../app/format.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { CopyText } from "../design/copy-text.tsx";
import { Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { makeCommand, tokensQuery, type Queue, type WorkerCommand } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** How a machine becomes a worker. The command has a token, so it is shown once, when the token is made. */
export function Command({ queue, command }: { queue: Queue; command: WorkerCommand | undefined }) {
  const t = useTexts();
  const client = useQueryClient();
  const make = useMutation({ mutationFn: () => makeCommand(client, queue.id, "worker") });
  return (
    <section className="card queue-section queue-command" aria-label={t.addWorker}>
      <h2>{command ? t.runThis : t.noWorkerYet}</h2>
      <p className="quiet">{t.commandAbout}</p>
      {command ? (
        <>
          <CopyText label={t.command}>{command.command}</CopyText>
          <p className="small quiet">{t.shownOnce}</p>
          <details>
            <summary className="small">{t.onlyToken}</summary>
            <CopyText label={t.token}>{command.token}</CopyText>
          </details>
        </>
      ) : (
        <p>
          <button type="button" className="button main" disabled={make.isPending} onClick={() => make.mutate()}>
            {t.showCommand}
          </button>
        </p>
      )}
      {make.isError && <ErrorNotice error={make.error} />}
    </section>
  );
}

type Token = ReturnType<typeof useTokens>[number];

const useTokens = (queue: Queue) => useSuspenseQuery(tokensQuery(queue.id)).data;

/** With what machines join. A new token shows its command above. */
export function Tokens({ queue }: { queue: Queue }) {
  const t = useTexts();
  const client = useQueryClient();
  const tokens = useTokens(queue);
  const [name, setName] = useState("");
  const make = useMutation({
    mutationFn: () => makeCommand(client, queue.id, name.trim()),
    onSuccess: () => setName(""),
  });
  const [revoking, setRevoking] = useState<Token | null>(null);
  return (
    <section className="queue-part">
      <div className="queue-part-head">
        <h2>{t.tokens}</h2>
        <p className="small quiet">{t.tokensAbout}</p>
      </div>
      <div className="card">
        {tokens.length > 0 && (
          <table className="record-table">
            <thead>
              <tr>
                <th scope="col">{t.tokenName}</th>
                <th scope="col" className="wide">
                  {t.madeBy}
                </th>
                <th scope="col">{t.made}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {tokens.map((token) => (
                <tr key={token.id}>
                  <th scope="row">{token.name}</th>
                  <td className="wide">{token.created_by ?? "–"}</td>
                  <td>{date(token.created_when)}</td>
                  <td className="record-actions">
                    {token.revoked_when === null ? (
                      <button
                        type="button"
                        className="button danger"
                        aria-label={`${t.revoke} ${token.name}`}
                        onClick={() => setRevoking(token)}
                      >
                        {t.revoke}
                      </button>
                    ) : (
                      <span className="quiet">{t.revoked(date(token.revoked_when))}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <form
          className="queue-form-row queue-section"
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <Field
            label={t.newToken}
            placeholder={t.newTokenExample}
            value={name}
            maxLength={64}
            required
            onChange={({ target }) => setName(target.value)}
          />
          <button type="submit" className="button" disabled={make.isPending}>
            {t.makeToken}
          </button>
        </form>
        {make.isError && <ErrorNotice error={make.error} />}
      </div>
      {revoking && (
        <ConfirmDialog
          title={t.revokeTitle(revoking.name)}
          action={t.revoke}
          onConfirm={async () => {
            await ask(
              api.DELETE("/api/queues/{id}/tokens/{token}/", {
                params: { path: { id: queue.id, token: revoking.id } },
              }),
            );
            await client.invalidateQueries({ queryKey: tokensQuery(queue.id).queryKey });
          }}
          onClose={() => setRevoking(null)}
        >
          <p>{t.revokeAbout}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
