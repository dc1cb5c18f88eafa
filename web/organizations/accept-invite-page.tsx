import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { AccountPage } from "../accounts/account-form.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { accept, decline, membershipsQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/profiles/organization/accept_invite");

/** Where the mail of an invitation leads. */
export function AcceptInvitePage() {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = route.useNavigate();
  const { token } = route.useSearch();
  const { data: memberships } = useSuspenseQuery(membershipsQuery);
  const invitation = token === undefined ? undefined : memberships.find((membership) => membership.token === token);
  const changed = () => client.invalidateQueries({ queryKey: membershipsQuery.queryKey });
  const join = useMutation({
    mutationFn: (token: string) => accept(token),
    onSuccess: async ({ redirect_url }) => {
      await changed();
      await navigate({ href: redirect_url });
    },
  });
  const refuse = useMutation({
    mutationFn: (token: string) => decline(token),
    onSuccess: async () => {
      await changed();
      await navigate({ to: "/account/organizations/" });
    },
  });
  const error = join.error ?? refuse.error;
  const isBusy = join.isPending || refuse.isPending;
  if (!invitation)
    return (
      <AccountPage title={t.organizations}>
        <p>{t.noToken}</p>
        <Link to="/account/organizations/" className="button large">
          {t.organizations}
        </Link>
      </AccountPage>
    );
  return (
    <AccountPage title={t.invitation(invitation.name)}>
      <p>{t.invitationAbout(invitation.name)}</p>
      {error && <ErrorNotice error={error} />}
      <button
        type="button"
        className="button main large"
        disabled={isBusy}
        onClick={() => join.mutate(invitation.token!)}
      >
        {t.accept}
      </button>
      <button type="button" className="button large" disabled={isBusy} onClick={() => refuse.mutate(invitation.token!)}>
        {t.decline}
      </button>
    </AccountPage>
  );
}
