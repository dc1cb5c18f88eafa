/** What the API says of people. */
import { queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";

export type Profile = Shape<"Profile">;

export const profileQuery = (name: string) =>
  queryOptions({
    queryKey: ["profile", name],
    queryFn: () => ask(api.GET("/api/users/{name}/", { params: { path: { name } } })),
  });

export const notificationsQuery = queryOptions({
  queryKey: ["account", "notifications"],
  queryFn: () => ask(api.GET("/api/account/notifications/")),
});
