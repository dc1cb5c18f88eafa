import { useQuery, useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Link, useRouter, useRouterState, type ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiError, Unreachable } from "../api/client.ts";
import { sessionQuery } from "../api/session.ts";
import { pageFilesAreMissing } from "../app/page-files.ts";
import { ProblemPage, RequestId } from "./problem.tsx";
import { useTexts } from "./texts.ts";

/** What stands in place of a page that could not be loaded. It loads by itself when the connection is back. */
export function LoadError({ error, reset }: ErrorComponentProps) {
  const t = useTexts();
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  // Not asked for here: that may be what failed.
  const { data: session } = useQuery({ ...sessionQuery, enabled: false });
  const here = useRouterState({ select: ({ location }) => location.pathname + location.searchStr });
  const lacksFiles = pageFilesAreMissing() && !(error instanceof ApiError || error instanceof Unreachable);
  const unreachable = lacksFiles || error instanceof Unreachable;
  const retry = () => {
    if (lacksFiles) {
      location.reload();
      return;
    }
    queries.reset();
    reset();
    void router.invalidate();
  };
  useEffect(() => {
    if (!unreachable) return;
    // Pages wait for a network before they ask for their data, so it may be back already.
    if (lacksFiles && navigator.onLine) {
      location.reload();
      return;
    }
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  });
  const missing = error instanceof ApiError && error.status === 404;
  const forbidden = error instanceof ApiError && (error.status === 403 || error.status === 401);
  const unavailable = error instanceof ApiError && error.status === 503;
  const title =
    missing || forbidden
      ? t.forbiddenTitle
      : unreachable
        ? t.offlineTitle
        : unavailable
          ? t.maintenanceTitle
          : t.failedTitle;
  return (
    <ProblemPage
      title={title}
      actions={
        (missing || forbidden) && session?.user === null ? (
          <Link to="/accounts/login/" search={{ next: here }} className="button main">
            {t.logIn}
          </Link>
        ) : (
          <button type="button" className="button main" onClick={retry}>
            {t.retry}
          </button>
        )
      }
    >
      <p role="alert">
        {missing
          ? t.notYours
          : unreachable
            ? t.offline
            : error instanceof ApiError && error.message !== ""
              ? error.message
              : t.failed}
      </p>
      <RequestId error={error} />
    </ProblemPage>
  );
}
