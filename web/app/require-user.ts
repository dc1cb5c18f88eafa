import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { sessionQuery, type Session } from "../api/session.ts";

/** The `beforeLoad` of pages for people who are logged in, whom they get in their context. Others log in first, and come back. */
export async function requireUser(page: {
  context: { queryClient: QueryClient };
  location: { href: string };
}): Promise<{ user: NonNullable<Session["user"]> }> {
  const { user } = await page.context.queryClient.ensureQueryData(sessionQuery);
  if (user) return { user };
  const login = redirect({ to: "/accounts/login/", search: { next: page.location.href }, replace: true, throw: true });
  return login as never;
}
