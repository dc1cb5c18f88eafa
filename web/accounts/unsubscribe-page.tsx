import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { AccountPage } from "./account-form.tsx";
import { unsubscriptionQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/accounts/unsubscribe");

/** Where a mail leads that somebody does not want any more. It works for whoever has the mail. */
export function UnsubscribePage() {
  const t = useTexts();
  const { token = "" } = route.useSearch();
  const { answer, refusal } = useSuspenseQuery(unsubscriptionQuery(token)).data;
  const stop = useMutation({
    mutationFn: () => ask(api.POST("/accounts/unsubscribe/", { params: { query: { token } } })),
  });
  return (
    <AccountPage title={t.mailTitle}>
      {refusal && <ErrorNotice error={refusal} />}
      {answer && stop.data && (
        <p role="status" className="notice good">
          {t.stopped(answer.username)}
        </p>
      )}
      {answer && <MailKind username={answer.username} about={answer.about} />}
      {answer && !stop.data && (
        <>
          {stop.isError && <ErrorNotice error={stop.error} />}
          <button
            type="button"
            className="button main large"
            disabled={stop.isPending}
            aria-busy={stop.isPending}
            onClick={() => stop.mutate()}
          >
            {t.stop}
          </button>
        </>
      )}
      <p className="small">
        <Link to="/accounts/mail/">{t.chooseMail}</Link>
      </p>
    </AccountPage>
  );
}

function MailKind({ username, about }: { username: string; about: string }) {
  const t = useTexts();
  return (
    <dl className="account-pairs">
      <dt>{t.mailOf}</dt>
      <dd>{about}</dd>
      <dt>{t.account}</dt>
      <dd>{username}</dd>
    </dl>
  );
}
