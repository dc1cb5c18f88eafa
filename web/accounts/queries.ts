/** What the links of mails do, before they do it. */
import { queryOptions } from "@tanstack/react-query";
import { api, ApiError, ask } from "../api/client.ts";

/** A link that does nothing is no fault of the page, which says what to do then. */
type Asked<Answer> = { answer: Answer; refusal?: never } | { answer?: never; refusal: ApiError };

async function orRefusal<Answer>(call: Promise<Answer>): Promise<Asked<Answer>> {
  try {
    return { answer: await call };
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return { refusal: error };
    throw error;
  }
}

export const confirmationQuery = (token: string) =>
  queryOptions({
    queryKey: ["confirmation", token],
    queryFn: () => orRefusal(ask(api.GET("/accounts/confirm/", { params: { query: { token } } }))),
  });

export const unsubscriptionQuery = (token: string) =>
  queryOptions({
    queryKey: ["unsubscription", token],
    queryFn: () => orRefusal(ask(api.GET("/accounts/unsubscribe/", { params: { query: { token } } }))),
  });
