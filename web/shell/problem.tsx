import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiError, BrowserRefused, Unreachable } from "../api/client.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useTexts } from "./texts.ts";

/** A whole page that says why there is nothing else, and a way on. */
export function ProblemPage({ title, children, actions }: { title: string; children: ReactNode; actions?: ReactNode }) {
  const t = useTexts();
  return (
    <div className="wrap problem">
      <PageTitle>{title}</PageTitle>
      <h1>{title}</h1>
      <div className="problem-text">{children}</div>
      <p className="problem-actions">
        {actions}
        <Link to="/competitions/public/" className="button">
          {t.find}
        </Link>
        <Link to="/" className="button">
          {t.toHome}
        </Link>
      </p>
    </div>
  );
}

/** Why something did not work, beside what was tried: the server's sentence, and the id by which its people find it. */
export function ErrorNotice({ error, className = "" }: { error: unknown; className?: string }) {
  const t = useTexts();
  return (
    <div role="alert" className={`notice bad ${className}`}>
      {error instanceof ApiError && error.code === "NOT_LOGGED_IN" ? (
        <p>
          {t.sessionEnded} {/* Loads the page anew, because what is here was loaded for somebody who was logged in. */}
          <a href={`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`}>{t.logIn}</a>
        </p>
      ) : (
        <p>
          {error instanceof ApiError || error instanceof BrowserRefused
            ? error.message
            : error instanceof Unreachable
              ? t.offlineTitle
              : t.failed}
        </p>
      )}
      <RequestId error={error} />
    </div>
  );
}

/** Shown where the platform itself failed. What it refuses needs no id. */
export function RequestId({ error }: { error: unknown }) {
  const t = useTexts();
  if (!(error instanceof ApiError) || error.status < 500 || error.requestId === null) return null;
  return (
    <p className="small">
      {t.requestId}: <code>{error.requestId}</code>
    </p>
  );
}
