/** What the API says of queues, and what can be done with them. */
import { keepPreviousData, queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, ask, type Shape } from "../api/client.ts";

export type Queue = Shape<"QueueWithCompetitions">;
export type QueueStatus = Shape<"QueueStatus">;
export type Worker = Shape<"Worker">;
export type Budget = Shape<"Budget">;
export type HostRequest = Shape<"CapacityRequest">;
export type HostOffer = Shape<"HostOffer">;
export type Profile = Shape<"CapacityProfile">;

export const pageSize = 20;

export interface QueuesAddress {
  q?: string | undefined;
  /** `all` adds the public queues of others. */
  show?: "all" | undefined;
  page?: number | undefined;
}

/** The parts of a queue's page. */
export const views = ["settings", "spending", "history"] as const;
export interface QueueAddress {
  view?: (typeof views)[number] | undefined;
  page?: number | undefined;
}

/** A page of queues. What waits and runs is known of those that the reader runs. */
export const queuesQuery = ({ q, show, page = 1 }: QueuesAddress) =>
  queryOptions({
    queryKey: ["queues", q ?? "", show ?? "", page],
    queryFn: async () => {
      const search = q === undefined ? {} : { search: q };
      const [queues, statuses] = await Promise.all([
        ask(
          api.GET("/api/queues/", {
            params: { query: { page, page_size: pageSize, public: show === "all", ...search } },
          }),
        ),
        ask(api.GET("/api/queues/status/", { params: { query: { page_size: 1000, ...search } } })),
      ]);
      return { ...queues, statuses: statuses.results };
    },
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

const at = (id: string) => ({ params: { path: { id } } });

export const queueQuery = (id: string) =>
  queryOptions({ queryKey: ["queue", id], queryFn: () => ask(api.GET("/api/queues/{id}/", at(id))) });

/** What waits, runs and has ended, and the workers. Null if the reader does not run the queue. */
export const statusQuery = (id: string) =>
  queryOptions({
    queryKey: ["queue", id, "status"],
    queryFn: async () => {
      const { results } = await ask(api.GET("/api/queues/status/", { params: { query: { queue: id } } }));
      return results[0] ?? null;
    },
    refetchInterval: 15_000,
  });

export const quarantineQuery = (id: string, page = 1) =>
  queryOptions({
    queryKey: ["queue", id, "quarantine", page],
    queryFn: () =>
      ask(
        api.GET("/api/queues/{id}/quarantine/", {
          params: { path: { id }, query: { page, page_size: pageSize } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const tokensQuery = (id: string) =>
  queryOptions({ queryKey: ["queue", id, "tokens"], queryFn: () => ask(api.GET("/api/queues/{id}/tokens/", at(id))) });

export const registriesQuery = (id: string) =>
  queryOptions({
    queryKey: ["queue", id, "registries"],
    queryFn: () => ask(api.GET("/api/queues/{id}/registries/", at(id))),
  });

export const budgetQuery = (id: string) =>
  queryOptions({ queryKey: ["queue", id, "budget"], queryFn: () => ask(api.GET("/api/queues/{id}/budget/", at(id))) });

export const hostsQuery = (id: string) =>
  queryOptions({ queryKey: ["queue", id, "hosts"], queryFn: () => ask(api.GET("/api/queues/{id}/capacity/", at(id))) });

/** What may be requested; no hosts where the platform starts none. */
export const hostOfferQuery = queryOptions({
  queryKey: ["host-offer"],
  queryFn: () => ask(api.GET("/api/queues/capacity_offer/")),
});

export const profilesQuery = queryOptions({
  queryKey: ["capacity-profiles"],
  queryFn: () => ask(api.GET("/api/queues/capacity_profiles/")),
});

export const queueAuditQuery = (id: string, page = 1) =>
  queryOptions({
    queryKey: ["queue", id, "audit", page],
    queryFn: () =>
      ask(api.GET("/api/queues/{id}/audit/", { params: { path: { id }, query: { page, page_size: pageSize } } })),
    placeholderData: keepPreviousData,
  });

/** Offers to hand something over that have not been answered. */
export const handOversQuery = queryOptions({
  queryKey: ["hand-overs"],
  queryFn: () => ask(api.GET("/api/account/hand-overs/")),
});

export type QueueSettings = Partial<
  Pick<
    Queue,
    | "name"
    | "is_public"
    | "prediction_profile"
    | "scoring_profile"
    | "max_running"
    | "max_step_seconds"
    | "max_submission_bytes"
    | "accepts_jobs"
  >
> & { organizers?: number[] };

export const createQueue = (body: QueueSettings & { name: string }): Promise<Queue> =>
  ask(api.POST("/api/queues/", { body }));

export const changeQueue = (id: string, body: QueueSettings): Promise<Queue> =>
  ask(api.PATCH("/api/queues/{id}/", { ...at(id), body }));

/** The command that starts a worker, with a new token, which is never shown again. */
export interface WorkerCommand {
  token: string;
  command: string;
}

/** Where a command stays until the page is left. */
export const commandKey = (id: string) => ["queue-command", id];

/** Makes a token, and keeps the command with it for the queue's page. */
export async function makeCommand(client: QueryClient, id: string, name: string): Promise<void> {
  const made = await ask(api.POST("/api/queues/{id}/tokens/", { ...at(id), body: { name } }));
  client.setQueryData<WorkerCommand>(commandKey(id), made);
  await client.invalidateQueries({ queryKey: ["queue", id] });
}

/** A worker that was not seen for this long counts as gone, as on the platform. */
const silentMilliseconds = 120_000;

export const answers = ({ last_seen }: Worker): boolean =>
  Date.now() - new Date(last_seen).getTime() < silentMilliseconds;

/** Whether the platform's own workers serve it. Others are served by machines of their owners. */
export const isServedByPlatform = ({ prediction_profile, owner }: Queue): boolean =>
  prediction_profile !== null || owner === null;
