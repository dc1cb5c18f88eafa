/** What the API says of organizations. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";

export type Organization = Shape<"OrganizationWithMembers">;
export type Member = NonNullable<Organization["members"]>[number];

export const membershipsQuery = queryOptions({
  queryKey: ["organizations"],
  queryFn: () => ask(api.GET("/api/organizations/")),
});

export const organizationQuery = (id: number) =>
  queryOptions({
    queryKey: ["organization", id],
    queryFn: () => ask(api.GET("/api/organizations/{id}/", { params: { path: { id } } })),
  });

/** How many events a page of the history has. */
export const pageSize = 50;

/** The audit trail of an organization, for its owner and managers. */
export const historyQuery = (id: number, page: number) =>
  queryOptions({
    queryKey: ["organization", id, "history", page],
    queryFn: () =>
      ask(
        api.GET("/api/organizations/{id}/audit/", { params: { path: { id }, query: { page, page_size: pageSize } } }),
      ),
    placeholderData: keepPreviousData,
  });

export const accept = (token: string) => ask(api.POST("/api/organizations/invite_response/", { body: { token } }));
export const decline = (token: string) => ask(api.DELETE("/api/organizations/invite_response/", { body: { token } }));

/** Removes a member, or oneself. */
export const removeMember = (id: number, membership: number) =>
  ask(api.DELETE("/api/organizations/{id}/delete_member/", { params: { path: { id } }, body: { membership } }));
