import "./settings.css";
import { Link, linkOptions, Outlet } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { useTexts } from "./texts.ts";

/** What the settings of an account stand in. */
export function SettingsLayout() {
  const t = useTexts();
  const { user } = useSession();
  // Somebody who has just logged out here is on the way to another page.
  if (!user) return null;
  const name = user.username;
  const pages = [
    { text: t.pages.profile, link: linkOptions({ to: "/profiles/user/$name/edit/", params: { name } }) },
    { text: t.pages.mail, link: linkOptions({ to: "/profiles/user/$name/notifications/", params: { name } }) },
    { text: t.pages.login, link: linkOptions({ to: "/account/" }) },
    { text: t.pages.security, link: linkOptions({ to: "/account/security/" }) },
    { text: t.pages.sessions, link: linkOptions({ to: "/account/sessions/" }) },
    { text: t.pages.tokens, link: linkOptions({ to: "/account/tokens/" }) },
    { text: t.pages.organizations, link: linkOptions({ to: "/account/organizations/" }) },
    { text: t.pages.handOvers, link: linkOptions({ to: "/account/hand-overs/" }) },
    { text: t.pages.data, link: linkOptions({ to: "/account/data/" }) },
  ];
  return (
    <div className="wrap settings">
      <h1>{t.settings}</h1>
      <div className="settings-columns">
        <nav className="settings-nav" aria-label={t.settings}>
          {pages.map(({ text, link }) => (
            <Link key={text} {...link} className="nav-link" activeOptions={{ exact: true, includeSearch: false }}>
              {text}
            </Link>
          ))}
        </nav>
        <div className="settings-cards">
          <Outlet />
        </div>
      </div>
    </div>
  );
}
