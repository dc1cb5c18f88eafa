import { useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { becomes, logOut, useSession, type Session } from "../api/session.ts";
import { Popover } from "../design/popover.tsx";
import { useTexts } from "./texts.ts";

/** What somebody who is logged in can go to from everywhere. */
export function UserMenu({ user }: { user: NonNullable<Session["user"]> }) {
  const t = useTexts();
  const { permissions } = useSession();
  const client = useQueryClient();
  const router = useRouter();
  return (
    <Popover
      className="user-menu"
      buttonClass="icon-button"
      label={t.account(user.name)}
      button={<span className="avatar" data-initials={user.name.slice(0, 2).toUpperCase()} />}
    >
      <div className="menu">
        <p className="menu-head small quiet">{t.signedInAs(user.username)}</p>
        <Link to="/profiles/user/$name/" params={{ name: user.username }} className="nav-link">
          {t.profile}
        </Link>
        <Link to="/account/" className="nav-link">
          {t.settings}
        </Link>
        <Link to="/datasets/" className="nav-link">
          {t.datasets}
        </Link>
        <Link to="/tasks/" className="nav-link">
          {t.tasks}
        </Link>
        <Link to="/queues/" className="nav-link">
          {t.queues}
        </Link>
        <Link to="/storage/" className="nav-link">
          {t.storage}
        </Link>
        <Link to="/server_status/" className="nav-link">
          {t.serverStatus}
        </Link>
        {permissions.administer && (
          <Link to="/admin/users/" className="nav-link">
            {t.administration}
          </Link>
        )}
        <button
          type="button"
          className="nav-link"
          onClick={() =>
            void logOut()
              .then(() => becomes(client, null))
              .then(() => router.invalidate())
          }
        >
          {t.logOut}
        </button>
      </div>
    </Popover>
  );
}
