import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { bytes, date, dateTime, dollars, number, relative } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { userQuery, type AccountInDetail } from "./queries.ts";
import { useTexts } from "./texts.ts";
import { UserActions } from "./user-actions.tsx";
import { Belongings } from "./belongings.tsx";
import { Marks } from "./users-page.tsx";

const route = getRouteApi("/admin/users/$id");

/** Everything about one account, and what an administrator does with it. */
export function UserPage() {
  const t = useTexts();
  const { id } = route.useParams();
  const { data: user } = useSuspenseQuery(userQuery(Number(id)));
  return (
    <>
      <PageTitle>{user.username}</PageTitle>
      <p className="small">
        <Link to="/admin/users/">{t.back}</Link>
      </p>
      <div className="admin-head">
        <h1>{user.username}</h1>
        <Marks user={user} />
      </div>
      {user.is_banned && (
        <p className="notice bad">
          {t.bannedBecause(user.ban_reason ?? "")}{" "}
          {user.banned_until ? t.bannedUntil(dateTime(user.banned_until)) : t.bannedForever}
        </p>
      )}
      <UserActions user={user} />
      <Facts user={user} />
      <Belongings user={user} />
    </>
  );
}

function Facts({ user }: { user: AccountInDetail }) {
  const t = useTexts();
  const { never } = useAdminTexts();
  const facts: [string, string][] = [
    [t.mail, `${user.email} (${user.email_is_confirmed ? t.confirmed : t.unconfirmed})`],
    [t.displayName, user.display_name ?? "–"],
    [t.joined, date(user.joined_when)],
    [t.lastSeen, user.last_seen ? relative(user.last_seen) : never],
    [t.secondFactor, user.has_second_factor ? t.yes : t.no],
    [t.identities, user.identity_providers.join(", ") || "–"],
    [t.submissions, number(user.submissions)],
    [t.storage, bytes(user.storage_bytes)],
    [t.quota, user.storage_quota_bytes === null ? t.asEverybody : bytes(user.storage_quota_bytes)],
    [t.queueLimit, user.queue_limit === null ? t.asEverybody : number(user.queue_limit)],
    [t.spent, dollars(user.spent_usd)],
  ];
  return (
    <section className="card admin-panel" aria-label={t.facts}>
      <dl className="admin-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="numbers">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
