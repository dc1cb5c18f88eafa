import { useQuery, useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Link, useRouter, useRouterState, type ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiError, Unreachable } from "../api/client.ts";
import { sessionQuery } from "../api/session.ts";
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
  const retry = () => {
    queries.reset();
    reset();
    void router.invalidate();
  };
  useEffect(() => {
    if (!(error instanceof Unreachable)) return;
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  });
  const missing = error instanceof ApiError && error.status === 404;
  const forbidden = error instanceof ApiError && (error.status === 403 || error.status === 401);
  const unavailable = error instanceof ApiError && error.status === 503;
  const title =
    missing || forbidden
      ? t.forbiddenTitle
      : error instanceof Unreachable
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
          : error instanceof Unreachable
            ? t.offline
            : error instanceof ApiError && error.message !== ""
              ? error.message
              : t.failed}
      </p>
      <RequestId error={error} />
    </ProblemPage>
  );
}
