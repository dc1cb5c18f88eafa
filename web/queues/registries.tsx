import "../design/record-table.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { api, ask } from "../api/client.ts";
import { date } from "../app/format.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { registriesQuery, type Queue } from "./queries.ts";
import { useSettingsTexts } from "./settings-texts.ts";
import { useTexts } from "./texts.ts";

const words = (form: FormData, name: string): string => {
  const given = form.get(name);
  return typeof given === "string" ? given : "";
};

/** Logins with which the platform's workers pull private images for the queue. Passwords are never shown. */
export function Registries({ queue }: { queue: Queue }) {
  const t = useSettingsTexts();
  const common = useTexts();
  const client = useQueryClient();
  const { data: logins } = useSuspenseQuery(registriesQuery(queue.id));
  const [removing, setRemoving] = useState<string | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: registriesQuery(queue.id).queryKey });
  const store = useMutation({
    mutationFn: (form: FormData) =>
      ask(
        api.PUT("/api/queues/{id}/registries/{host}/", {
          params: { path: { id: queue.id, host: words(form, "host").trim() } },
          body: { username: words(form, "username").trim(), password: words(form, "password") },
        }),
      ),
    onSuccess: refresh,
  });
  return (
    <section className="queue-part">
      <div className="queue-part-head">
        <h2>{t.registries}</h2>
        <p className="small quiet">{t.registriesAbout}</p>
      </div>
      <div className="card">
        {logins.length > 0 && (
          <table className="record-table">
            <thead>
              <tr>
                <th scope="col">{t.registry}</th>
                <th scope="col">{common.username}</th>
                <th scope="col" className="wide">
                  {common.changed}
                </th>
                <td />
              </tr>
            </thead>
            <tbody>
              {logins.map(({ host, username, changed_by, changed_when }) => (
                <tr key={host}>
                  <th scope="row">{host}</th>
                  <td>{username}</td>
                  <td className="wide">
                    {date(changed_when)}
                    {changed_by !== null && ` · ${changed_by}`}
                  </td>
                  <td className="record-actions">
                    <button
                      type="button"
                      className="button danger"
                      aria-label={`${t.remove} ${host}`}
                      onClick={() => setRemoving(host)}
                    >
                      {t.remove}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <form
          className="queue-form-row queue-section"
          onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
            event.preventDefault();
            const form = event.currentTarget;
            store.mutate(new FormData(form), { onSuccess: () => form.reset() });
          }}
        >
          <Field label={t.registry} name="host" placeholder="ghcr.io" required maxLength={260} />
          <Field label={common.username} name="username" required maxLength={255} autoComplete="off" />
          <Field label={t.password} name="password" type="password" required autoComplete="new-password" />
          <button type="submit" className="button" disabled={store.isPending}>
            {t.store}
          </button>
        </form>
        {store.isError && <ErrorNotice error={store.error} />}
      </div>
      {removing !== null && (
        <ConfirmDialog
          title={t.removeLoginTitle(removing)}
          action={t.remove}
          onConfirm={async () => {
            await ask(
              api.DELETE("/api/queues/{id}/registries/{host}/", {
                params: { path: { id: queue.id, host: removing } },
              }),
            );
            await refresh();
          }}
          onClose={() => setRemoving(null)}
        >
          <p>{t.removeLoginAbout}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
