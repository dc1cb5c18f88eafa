/** Accounts, as administrators see them. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../../api/client.ts";
import { only, pageSize } from "../parts/given.ts";

export type Account = Shape<"AdministeredUser">;
export type AccountInDetail = Shape<"AdministeredUserInDetail">;

export const roles = ["administrator", "bot"] as const;
export const states = ["banned", "unconfirmed", "second-factor", "over-quota"] as const;
export const orders = ["-joined_when", "-last_seen", "-submissions", "-storage_bytes"] as const;

export interface UserSearch {
  q?: string | undefined;
  role?: (typeof roles)[number] | undefined;
  state?: (typeof states)[number] | undefined;
  /** By username without it. */
  sort?: (typeof orders)[number] | undefined;
  page?: number | undefined;
}

const isRole = { administrator: { is_superuser: true }, bot: { is_bot: true } } as const;
const isState = {
  banned: { is_banned: true },
  unconfirmed: { email_is_confirmed: false },
  "second-factor": { has_second_factor: true },
  "over-quota": { over_quota: true },
} as const;

export const usersQuery = ({ q, role, state, sort, page = 1 }: UserSearch) =>
  queryOptions({
    queryKey: ["admin", "users", { q, role, state, sort, page }],
    queryFn: () =>
      ask(
        api.GET("/api/admin/users/", {
          params: {
            query: {
              page,
              page_size: pageSize,
              ...only({ search: q, ordering: sort }),
              ...(role && isRole[role]),
              ...(state && isState[state]),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Invitations to sign up that can still be used. */
export const invitationsQuery = queryOptions({
  queryKey: ["admin", "invitations"],
  queryFn: () => ask(api.GET("/api/invitations/")),
});

export const userQuery = (id: number) =>
  queryOptions({
    queryKey: ["admin", "user", id],
    queryFn: () => ask(api.GET("/api/admin/users/{id}/", { params: { path: { id } } })),
  });
