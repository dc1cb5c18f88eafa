import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client.ts";
import { becomes, useSession } from "../api/session.ts";
import { date } from "../app/format.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { AccountPage } from "./account-form.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/accounts/delete");

/** Where the mail leads that confirms the deletion of an account. It needs no login. */
export function DeletePage() {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const { token = "" } = route.useSearch();
  const confirm = useMutation({
    mutationFn: () => ask(api.POST("/accounts/delete/", { body: { token } })),
    // Whoever was logged in as this account no longer is.
    onSuccess: () => becomes(client, null),
  });
  if (confirm.data)
    return (
      <AccountPage title={t.deleteTitle}>
        <p role="status" className="notice">
          {t.willBeDeleted(confirm.data.username, date(confirm.data.erase_when))}
        </p>
        <Link to="/" className="button large">
          {t.toHome}
        </Link>
      </AccountPage>
    );
  return (
    <AccountPage title={t.deleteTitle}>
      <p>{t.deleteAbout}</p>
      {user && <p className="quiet small">{t.already(user.username)}</p>}
      {confirm.isError && <ErrorNotice error={confirm.error} />}
      <button
        type="button"
        className="button danger large"
        disabled={confirm.isPending}
        aria-busy={confirm.isPending}
        onClick={() => confirm.mutate()}
      >
        {t.delete}
      </button>
      <Link to="/" className="button large">
        {t.keep}
      </Link>
    </AccountPage>
  );
}
