/** Who is logged in, and what the platform offers. */
import { queryOptions, useSuspenseQuery, type QueryClient } from "@tanstack/react-query";
import { api, ask, type Shape } from "./client.ts";
import { showPasskey } from "./passkey.ts";

export type Session = Shape<"Session">;
export type Config = Shape<"Config">;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => ask(api.GET("/api/session/")),
  staleTime: 60_000,
});

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: () => ask(api.GET("/api/config/")),
  // Announcements and maintenance reach a page that stays open.
  staleTime: 60_000,
});

export const useSession = (): Session => useSuspenseQuery(sessionQuery).data;
export const useConfig = (): Config => useSuspenseQuery(configQuery).data;

/** What was loaded for somebody else is forgotten. */
export async function becomes(client: QueryClient, session: Session | null): Promise<void> {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "config" && queryKey[0] !== "session" });
  if (session) client.setQueryData(sessionQuery.queryKey, session);
  else await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
}

/** Logs in. `code` is that of the second factor, if the account has one. */
export const logIn = (body: { username: string; password: string; code?: string }): Promise<Session> =>
  ask(api.POST("/api/session/", { body }));

/** Logs in with a passkey, which the browser asks for. */
export const logInWithPasskey = async (): Promise<Session> =>
  ask(api.POST("/api/session/passkey/", { body: { passkey: await showPasskey() } }));

export const logOut = (): Promise<unknown> => ask(api.DELETE("/api/session/"));
