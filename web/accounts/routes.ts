import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { requireUser } from "../app/require-user.ts";
import { rootRoute } from "../app/root.tsx";
import { text, type Given } from "../app/search-params.ts";
import { confirmationQuery, unsubscriptionQuery } from "./queries.ts";

/** A path of this platform, so that nobody's link leads to another site after the login. */
const localPath = (value: unknown): string | undefined => {
  const path = text(value);
  return path !== undefined && /^\/(?![/\\])[^\s\\]*$/.test(path) ? path : undefined;
};

/** The token of a mail, which a link has in its address. */
const withToken = (given: Given): { token?: string | undefined } => ({ token: text(given["token"]) });

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/login",
  validateSearch: (given: Given): { next?: string | undefined } => ({ next: localPath(given["next"]) }),
  component: lazyRouteComponent(() => import("./login-page.tsx"), "LoginPage"),
});

const signUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/signup",
  validateSearch: (given: Given): { token?: string | undefined; next?: string | undefined } => ({
    token: text(given["token"]),
    next: localPath(given["next"]),
  }),
  component: lazyRouteComponent(() => import("./sign-up-page.tsx"), "SignUpPage"),
});

const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/password_reset",
  validateSearch: withToken,
  component: lazyRouteComponent(() => import("./reset-page.tsx"), "ResetPage"),
});

const confirmRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/confirm",
  validateSearch: withToken,
  beforeLoad: requireUser,
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps: { token } }) =>
    token === undefined ? undefined : context.queryClient.ensureQueryData(confirmationQuery(token)),
  component: lazyRouteComponent(() => import("./confirm-page.tsx"), "ConfirmPage"),
});

const unsubscribeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/unsubscribe",
  validateSearch: withToken,
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps: { token = "" } }) => context.queryClient.ensureQueryData(unsubscriptionQuery(token)),
  component: lazyRouteComponent(() => import("./unsubscribe-page.tsx"), "UnsubscribePage"),
});

const deletionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/delete",
  validateSearch: withToken,
  component: lazyRouteComponent(() => import("./delete-page.tsx"), "DeletePage"),
});

/** Where mails and programs lead people who choose their mail. */
const mailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/mail",
  beforeLoad: async (page) => {
    const { user } = await requireUser(page);
    const params = { name: user.username };
    redirect({ to: "/profiles/user/$name/notifications/", params, replace: true, throw: true });
  },
});

/** Where programs lead people who need a token. */
const tokenRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accounts/token",
  beforeLoad: () => {
    redirect({ to: "/account/tokens/", replace: true, throw: true });
  },
});

export const accountRoutes = [
  loginRoute,
  signUpRoute,
  resetRoute,
  confirmRoute,
  unsubscribeRoute,
  deletionRoute,
  mailRoute,
  tokenRoute,
];
