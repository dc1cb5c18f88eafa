import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client.ts";
import { date, relative } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { browserName } from "./browser-name.ts";
import { sessionsQuery } from "./queries.ts";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

/** Where the account is logged in. */
export function SessionsPage() {
  const t = useTexts();
  const client = useQueryClient();
  const { data: sessions } = useSuspenseQuery(sessionsQuery);
  const end = useMutation({
    mutationFn: (id: string | "others"): Promise<unknown> =>
      id === "others"
        ? ask(api.DELETE("/api/sessions/"))
        : ask(api.DELETE("/api/sessions/{id}/", { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  return (
    <SettingsCard title={t.pages.sessions} about={t.sessionsAbout}>
      <PageTitle>{t.pages.sessions}</PageTitle>
      {end.isError && <ErrorNotice error={end.error} />}
      <ul className="settings-list">
        {sessions.map(({ id, user_agent, created_when, last_used, is_current }) => {
          const name = browserName(user_agent) ?? t.unknownProgram;
          return (
            <li key={id} className="settings-item">
              <div>
                <b>{name}</b> {is_current && <span className="pill accent">{t.thisSession}</span>}
                <p className="small quiet">
                  {t.begun(date(created_when))} · {last_used ? t.lastUsed(relative(last_used)) : t.neverUsed}
                </p>
              </div>
              {!is_current && (
                <button type="button" className="button" disabled={end.isPending} onClick={() => end.mutate(id)}>
                  {t.end} <span className="hidden">{name}</span>
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {sessions.length > 1 && (
        <button type="button" className="button" disabled={end.isPending} onClick={() => end.mutate("others")}>
          {t.endOthers}
        </button>
      )}
    </SettingsCard>
  );
}
