/** What administrators do with accounts. */
import { api, ask } from "../../api/client.ts";
import { given, givenMoment } from "../../app/form.ts";

const on = (id: number) => ({ params: { path: { id } } });

/** A ban, as its form says. */
export const banOf = (form: FormData) => ({
  reason: given(form, "reason") ?? "",
  until: givenMoment(form, "until"),
  cancel_submissions: form.has("cancel"),
});

export const ban = (id: number, form: FormData) =>
  ask(api.POST("/api/admin/users/{id}/ban/", { ...on(id), body: banOf(form) }));
export const unban = (id: number) => ask(api.POST("/api/admin/users/{id}/unban/", on(id)));
export const sendReset = (id: number) => ask(api.POST("/api/admin/users/{id}/password_reset/", on(id)));
export const revokeLogins = (id: number) => ask(api.POST("/api/admin/users/{id}/revoke_logins/", on(id)));
export const removeSecondFactor = (id: number) => ask(api.DELETE("/api/users/{id}/second-factor/", on(id)));

/** Begins to act as somebody. The page is loaded anew as they see it, and until then nothing more happens here. */
export async function impersonate(id: number, reason: string): Promise<never> {
  await ask(api.POST("/api/admin/users/{id}/impersonate/", { ...on(id), body: { reason } }));
  location.assign("/");
  return new Promise(() => {});
}

export const changeAccount = (id: number, body: AccountChanges): Promise<unknown> =>
  ask(api.PATCH("/api/admin/users/{id}/", { ...on(id), body }));

interface AccountChanges {
  is_superuser?: boolean;
  is_bot?: boolean;
  email?: string;
  email_is_confirmed?: boolean;
  queue_limit?: number | null;
  storage_quota_bytes?: number | null;
}
