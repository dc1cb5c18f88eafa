/** What the API says of one's own account. */
import { queryOptions } from "@tanstack/react-query";
import { api, ask } from "../api/client.ts";

export const factorQuery = queryOptions({
  queryKey: ["account", "second-factor"],
  queryFn: () => ask(api.GET("/api/account/second-factor/")),
});

export const passkeysQuery = queryOptions({
  queryKey: ["account", "passkeys"],
  queryFn: () => ask(api.GET("/api/account/passkeys/")),
});

export const identitiesQuery = queryOptions({
  queryKey: ["account", "identities"],
  queryFn: () => ask(api.GET("/api/account/identities/")),
});

export const sessionsQuery = queryOptions({
  queryKey: ["account", "sessions"],
  queryFn: () => ask(api.GET("/api/sessions/")),
});

export const tokensQuery = queryOptions({
  queryKey: ["account", "tokens"],
  queryFn: () => ask(api.GET("/api/tokens/")),
});

/** Asked for again while one is being made. */
export const exportsQuery = queryOptions({
  queryKey: ["account", "exports"],
  queryFn: () => ask(api.GET("/api/account/exports/")),
  refetchInterval: ({ state }) =>
    state.data?.some(({ status }) => status === "Starting" || status === "Exporting") ? 5000 : false,
});

export const deletionQuery = queryOptions({
  queryKey: ["account", "deletion"],
  queryFn: () => ask(api.GET("/api/account/deletion/")),
});

/** What can be handed over. */
export const handedKinds = ["competition", "organization", "queue"] as const;
export type HandedKind = (typeof handedKinds)[number];

export const handOversQuery = queryOptions({
  queryKey: ["account", "hand-overs"],
  queryFn: () => ask(api.GET("/api/account/hand-overs/")),
});
