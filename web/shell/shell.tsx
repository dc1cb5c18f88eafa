import "./shell.css";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Notices } from "../notices/notices.tsx";
import { Footer } from "./footer.tsx";
import { Header } from "./header.tsx";
import { useTexts } from "./texts.ts";

/** Header, page and footer. */
export function Shell() {
  const t = useTexts();
  const main = useRef<HTMLElement>(null);
  const { pathname, isLoading } = useRouterState({
    select: ({ resolvedLocation, location, isLoading }) => ({
      pathname: (resolvedLocation ?? location).pathname,
      isLoading,
    }),
    structuralSharing: true,
  });
  const before = useRef(pathname);
  // After a change of page, keyboards and screen readers go on at its beginning, as after a page load.
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <>
      <a className="skip button main" href="#main">
        {t.skip}
      </a>
      <div className="shell-progress" role="status" data-active={isLoading}>
        {isLoading && <span className="hidden">{t.loading}</span>}
      </div>
      <Notices />
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <Footer />
    </>
  );
}
