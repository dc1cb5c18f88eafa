import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { SendAgain } from "../account/send-again.tsx";
import { api, ask } from "../api/client.ts";
import { sessionQuery, useSession } from "../api/session.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { AccountPage } from "./account-form.tsx";
import { confirmationQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/accounts/confirm");

/** Where the mail leads that confirms an address. Opening it changes nothing, because programs open all links of mails. */
export function ConfirmPage() {
  const t = useTexts();
  const { token } = route.useSearch();
  return (
    <AccountPage title={t.confirmTitle}>
      {token === undefined ? <State /> : <Confirmation key={token} token={token} />}
    </AccountPage>
  );
}

function Confirmation({ token }: { token: string }) {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const { answer, refusal } = useSuspenseQuery(confirmationQuery(token)).data;
  const confirm = useMutation({
    mutationFn: () => ask(api.POST("/accounts/confirm/", { body: { token } })),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
  if (confirm.data)
    return (
      <>
        <p role="status" className="notice good">
          {t.confirmed(confirm.data.email)}
        </p>
        <Link to="/" className="button main large">
          {t.goOn}
        </Link>
      </>
    );
  if (refusal)
    return (
      <>
        <ErrorNotice error={refusal} />
        <State />
      </>
    );
  return (
    <>
      <p>
        {answer.is_new
          ? t.confirmNew(answer.email, user!.username, user!.email)
          : t.confirmAddress(answer.email, user!.username)}
      </p>
      {confirm.isError && <ErrorNotice error={confirm.error} />}
      <button
        type="button"
        className="button main large"
        disabled={confirm.isPending}
        aria-busy={confirm.isPending}
        onClick={() => confirm.mutate()}
      >
        {t.confirm}
      </button>
    </>
  );
}

/** Whether the address is confirmed, and another mail if it is not. */
function State() {
  const t = useTexts();
  const { user } = useSession();
  if (user!.email_is_confirmed) return <p className="notice good">{t.isConfirmed(user!.email, user!.username)}</p>;
  return (
    <>
      <p>{t.notConfirmed(user!.email)}</p>
      <SendAgain />
    </>
  );
}
