import "./admin-layout.css";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { sections } from "./sections.ts";
import { useTexts } from "./texts.ts";

/** What all pages of the administration stand in: the way to the others. */
export function AdminLayout() {
  const t = useTexts();
  const nav = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  // On a phone the list scrolls sideways.
  useEffect(() => {
    nav.current?.querySelector("[data-status=active]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path]);
  return (
    <div className="wrap admin">
      <nav ref={nav} aria-label={t.administration} className="admin-nav">
        {sections.map(({ group, pages }) => (
          <div key={group} className="admin-group">
            <p className="admin-group-name small quiet">{t.groups[group]}</p>
            {pages.map(({ text, link }) => (
              <Link key={text} {...link} search={{}} className="admin-link">
                {t.pages[text]}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className="admin-page">
        <Outlet />
      </div>
    </div>
  );
}
