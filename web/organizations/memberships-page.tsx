import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SettingsCard } from "../account/settings-card.tsx";
import { PageTitle } from "../app/page-title.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { accept, decline, membershipsQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** The organizations of the reader, and invitations into others. */
export function MembershipsPage() {
  const t = useTexts();
  const client = useQueryClient();
  const { data: memberships } = useSuspenseQuery(membershipsQuery);
  const answer = useMutation({
    mutationFn: ({ token, how }: { token: string; how: (token: string) => Promise<unknown> }) => how(token),
    onSettled: () => client.invalidateQueries({ queryKey: membershipsQuery.queryKey }),
  });
  return (
    <SettingsCard title={t.organizations} about={t.about}>
      <PageTitle>{t.organizations}</PageTitle>
      {answer.isError && <ErrorNotice error={answer.error} />}
      {memberships.length === 0 && <p className="quiet">{t.none}</p>}
      {memberships.length > 0 && (
        <ul className="settings-list">
          {memberships.map(({ id, name, group, token }) => (
            <li key={id} className="settings-item">
              <div>
                <Link to="/profiles/organization/$id/" params={{ id: String(id) }}>
                  {name}
                </Link>{" "}
                <span className={`pill ${group === "INVITED" ? "wait" : ""}`}>{t.group[group]}</span>
              </div>
              {token !== null && (
                <div className="settings-actions">
                  <button
                    type="button"
                    className="button main"
                    disabled={answer.isPending}
                    onClick={() => answer.mutate({ token, how: accept })}
                  >
                    {t.accept} <span className="hidden">{name}</span>
                  </button>
                  <button
                    type="button"
                    className="button"
                    disabled={answer.isPending}
                    onClick={() => answer.mutate({ token, how: decline })}
                  >
                    {t.decline} <span className="hidden">{name}</span>
                  </button>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      <p>
        <Link to="/profiles/organization/create/" className="button">
          {t.create}
        </Link>
      </p>
    </SettingsCard>
  );
}
