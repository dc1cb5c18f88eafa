import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../app/root.tsx";
import { settingsRoute } from "../account/routes.ts";
import { loadMath } from "../markup/math.ts";
import { notificationsQuery, profileQuery } from "./queries.ts";

const profileRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/profiles/user/$name",
  loader: async ({ context, params }) => {
    const { biography } = await context.queryClient.ensureQueryData(profileQuery(params.name));
    await loadMath(biography);
  },
  component: lazyRouteComponent(() => import("./profile-page.tsx"), "ProfilePage"),
});

const editRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/profiles/user/$name/edit",
  loader: ({ context, params }) => context.queryClient.ensureQueryData(profileQuery(params.name)),
  component: lazyRouteComponent(() => import("./edit-profile-page.tsx"), "EditProfilePage"),
});

const notificationsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/profiles/user/$name/notifications",
  loader: ({ context }) => context.queryClient.ensureQueryData(notificationsQuery),
  component: lazyRouteComponent(() => import("./notifications-page.tsx"), "NotificationsPage"),
});

export const profileRoutes = [profileRoute];

/** Pages that stand among the settings of an account. */
export const profileSettings = [editRoute, notificationsRoute];
