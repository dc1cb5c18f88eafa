import { Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { text } from "../app/search-params.ts";
import { Icon } from "../design/icons.tsx";
import { Popover } from "../design/popover.tsx";
import { SearchForm } from "../competitions/search-form.tsx";
import { navigation } from "./navigation.ts";
import { useTexts } from "./texts.ts";
import { AppearanceMenu } from "./appearance-menu.tsx";
import { UserMenu } from "./user-menu.tsx";

export function Header() {
  const t = useTexts();
  const { user } = useSession();
  const links = navigation.map(({ text, link }) => (
    <Link key={text} {...link} className="nav-link">
      {t[text]}
    </Link>
  ));
  return (
    <header className="header">
      <div className="wrap header-row">
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" width="26" height="26" />
          Benchstack
        </Link>
        <nav aria-label={t.main} className="header-nav">
          {links}
        </nav>
        <SearchForm label={t.searchAll} placeholder={t.search} className="header-search">
          <Icon name="search" />
        </SearchForm>
        <AppearanceMenu />
        {user ? (
          <UserMenu user={user} />
        ) : (
          <div className="header-log-in">
            <Link to="/accounts/login/" search={(before) => ({ next: nextOf(before) })} className="button">
              {t.logIn}
            </Link>
            <Link
              to="/accounts/signup/"
              search={(before) => ({ next: nextOf(before) })}
              className="button main header-sign-up"
            >
              {t.signUp}
            </Link>
          </div>
        )}
        <Popover className="header-menu" buttonClass="icon-button" label={t.menu} button={<Icon name="menu" />}>
          <nav aria-label={t.main} className="menu">
            {links}
            {!user && (
              <Link to="/accounts/signup/" search={(before) => ({ next: nextOf(before) })} className="nav-link">
                {t.signUp}
              </Link>
            )}
          </nav>
        </Popover>
      </div>
    </header>
  );
}

/** Where the reader is, so that logging in and signing up lead back there. */
function nextOf(search: Record<string, unknown>): string | undefined {
  if (location.pathname.startsWith("/accounts/")) return text(search["next"]);
  return location.pathname === "/" ? undefined : location.pathname + location.search;
}
