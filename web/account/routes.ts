import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { requireUser } from "../app/require-user.ts";
import { rootRoute } from "../app/root.tsx";
import { oneOf, text, type Given } from "../app/search-params.ts";
import {
  deletionQuery,
  exportsQuery,
  factorQuery,
  handedKinds,
  handOversQuery,
  identitiesQuery,
  passkeysQuery,
  sessionsQuery,
  tokensQuery,
  type HandedKind,
} from "./queries.ts";

/** What the settings of an account stand in. It has no address of its own. */
export const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "settings",
  beforeLoad: requireUser,
  component: lazyRouteComponent(() => import("./settings-layout.tsx"), "SettingsLayout"),
});

const loginRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("./login-settings-page.tsx"), "LoginSettingsPage"),
});

const securityRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account/security",
  loader: ({ context: { queryClient } }) =>
    Promise.all([
      queryClient.ensureQueryData(factorQuery),
      queryClient.ensureQueryData(passkeysQuery),
      queryClient.ensureQueryData(identitiesQuery),
    ]),
  component: lazyRouteComponent(() => import("./security-page.tsx"), "SecurityPage"),
});

const sessionsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account/sessions",
  loader: ({ context }) => context.queryClient.ensureQueryData(sessionsQuery),
  component: lazyRouteComponent(() => import("./sessions-page.tsx"), "SessionsPage"),
});

const tokensRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account/tokens",
  loader: ({ context }) => context.queryClient.ensureQueryData(tokensQuery),
  component: lazyRouteComponent(() => import("./tokens-page.tsx"), "TokensPage"),
});

const handOversRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account/hand-overs",
  validateSearch: (given: Given): { kind?: HandedKind | undefined; id?: string | undefined } => ({
    kind: oneOf(given["kind"], handedKinds),
    id: text(given["id"]),
  }),
  loader: ({ context }) => context.queryClient.ensureQueryData(handOversQuery),
  component: lazyRouteComponent(() => import("./hand-overs-page.tsx"), "HandOversPage"),
});

const dataRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account/data",
  loader: ({ context: { queryClient } }) =>
    Promise.all([
      queryClient.ensureQueryData(exportsQuery),
      queryClient.ensureQueryData(deletionQuery),
      queryClient.ensureQueryData(factorQuery),
    ]),
  component: lazyRouteComponent(() => import("./data-page.tsx"), "DataPage"),
});

export const accountSettings = [loginRoute, securityRoute, sessionsRoute, tokensRoute, handOversRoute, dataRoute];
