import "./notifications-page.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { SettingsCard } from "../account/settings-card.tsx";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { notificationsQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Which mail the reader gets. A box that is ticked is saved at once. */
export function NotificationsPage() {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const { data: kinds } = useSuspenseQuery(notificationsQuery);
  const change = useMutation({
    mutationFn: ({ kind, enabled }: { kind: string; enabled: boolean }) =>
      ask(api.PATCH("/api/account/notifications/", { body: { [kind]: enabled } })),
    onSuccess: (kinds) => client.setQueryData(notificationsQuery.queryKey, kinds),
  });
  const wanted = change.isPending ? change.variables : undefined;
  return (
    <SettingsCard title={t.notifications} about={t.notificationsAbout(user?.email ?? "")}>
      <PageTitle>{t.notifications}</PageTitle>
      {change.isError && <ErrorNotice error={change.error} />}
      <div>
        {kinds
          .filter(({ can_change: canChange }) => canChange)
          .map(({ kind, about, enabled }) => (
            <label key={kind} className="notification">
              <input
                type="checkbox"
                checked={wanted?.kind === kind ? wanted.enabled : enabled}
                onChange={({ target }) => change.mutate({ kind, enabled: target.checked })}
              />
              <span>{about}</span>
            </label>
          ))}
      </div>
      {change.isSuccess && (
        <p role="status" className="small quiet">
          {t.saved}
        </p>
      )}
      <h3>{t.always}</h3>
      <ul className="notifications-always">
        {kinds
          .filter(({ can_change: canChange }) => !canChange)
          .map(({ kind, about, why }) => (
            <li key={kind}>
              {about}
              <p className="small quiet">{why}</p>
            </li>
          ))}
      </ul>
    </SettingsCard>
  );
}
