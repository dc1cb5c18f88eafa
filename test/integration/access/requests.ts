import { accountRequests } from "./account-requests.ts";
import { competitionRequests } from "./competition-requests.ts";
import { competition, personOf, sending, finding, keeping, leaving, nothing, type Recipe } from "./recipes.ts";
import { worksheetRequests } from "./worksheet-requests.ts";
import type { World } from "./world.ts";

const dataset: Recipe = ({ dataset: { id } }) => ({ at: { id } });
const uploadOf =
  (which: keyof World["uploads"]): Recipe =>
  ({ uploads }) => ({ at: { key: uploads[which] } });
const task: Recipe = ({ task: id }) => ({ at: { id } });
const queue: Recipe = ({ queue: { id } }) => ({ at: { id } });
const idleQueue: Recipe = ({ idleQueue: { id } }) => ({ at: { id } });
const registry: Recipe = ({ idleQueue: { id }, registry: host }) => ({ at: { id, host } });
const quarantined: Recipe = ({ queue: { id }, quarantined: job }) => ({ at: { id, job } });
const hosts: Recipe = ({ queue: { id }, capacityRequest: request }) => ({ at: { id, request } });
const attempt: Recipe = ({ attempt }) => ({ at: { attempt } });

/** For every row of docs/access.md the request it is about. */
export const requests: Record<string, Recipe> = {
  ...accountRequests,

  ...competitionRequests,

  "GET /api/user_quota/": nothing,
  "GET /api/user_quota_cleanup/": nothing,
  ...Object.fromEntries(
    ["unused_datasets", "unused_submissions", "unused_starting_kits"].map((what) => [
      `DELETE /api/delete_${what}/`,
      keeping(nothing),
    ]),
  ),
  "DELETE /api/delete_unused_competition_bundles_and_dumps/": keeping(nothing),
  // A submission of the participant is in quarantine.
  "DELETE /api/delete_failed_submissions/": (_, actor) => ({ changes: actor === "participant" }),
  // The task of the organizer is in no competition.
  "DELETE /api/delete_unused_tasks/": (_, actor) => ({ changes: actor === "organizer" }),
  "GET /api/storage/": nothing,
  "GET /api/storage/files/": finding(nothing, ({ dataset: { key } }) => key),
  "GET /api/storage/cleanup/{what}/": ({ task: id }) => ({ at: { what: "unused_tasks" }, finds: id }),
  "POST /api/storage/cleanup/{what}/": (_, actor) => ({ at: { what: "unused_tasks" }, changes: actor === "organizer" }),
  "GET /api/competitions/{id}/storage/": finding(competition, ({ ids }) => ids.participant),
  "GET /api/storage/people/": nothing,
  "GET /api/storage/competitions/": nothing,
  "GET /api/storage/inspections/": nothing,
  "POST /api/storage/inspections/": nothing,
  "GET /api/storage/findings/": nothing,
  "GET /api/analytics/storage_usage_history/": nothing,
  "GET /api/analytics/competitions_usage/": nothing,
  "GET /api/analytics/users_usage/": nothing,
  "GET /api/analytics/get_orphan_files/": nothing,
  "DELETE /api/analytics/delete_orphan_files/": nothing,
  "GET /api/analytics/check_orphans_deletion_status/": nothing,

  "POST /api/datasets/": sending(nothing, { type: "public_data", request_sassy_file_name: "new.zip" }),
  "PUT /api/datasets/completed/{key}/": ({ dataset: { key } }) => ({ at: { key } }),
  "GET /api/datasets/": ({ dataset: { key } }) => ({ query: { key }, finds: key }),
  "GET /api/datasets/public/": ({ openDataset: { key } }) => ({ finds: key }),
  "POST /api/datasets/delete_many/": sending(nothing, ({ dataset: { id } }: World) => [id]),
  "GET /api/datasets/{id}/": dataset,
  "GET /api/datasets/{id}/ that is public": ({ openDataset: { id } }) => ({ at: { id } }),
  "GET /api/datasets/{id}/croissant/": leaving(dataset),
  "GET /api/datasets/{id}/croissant/ that is public": leaving(({ openDataset: { id } }) => ({ at: { id } })),
  "PATCH /api/datasets/{id}/ that is public, to verify it": sending(({ openDataset: { id } }) => ({ at: { id } }), {
    is_verified: true,
  }),
  "PATCH /api/datasets/{id}/": sending(dataset, { description: "Changed" }),
  "PATCH /api/datasets/{id}/ that is public": sending(({ openDataset: { id } }) => ({ at: { id } }), {
    description: "Changed",
  }),
  "DELETE /api/datasets/{id}/": dataset,
  "DELETE /api/datasets/{id}/ that is public": ({ openDataset: { id } }) => ({ at: { id } }),
  "POST /api/datasets/{key}/multipart/": sending(uploadOf("unsent"), {}),
  "GET /api/datasets/{key}/multipart/": uploadOf("begun"),
  "POST /api/datasets/{key}/multipart/parts/": keeping(sending(uploadOf("begun"), { parts: [1] })),
  "POST /api/datasets/{key}/multipart/complete/": uploadOf("whole"),
  "DELETE /api/datasets/{key}/multipart/": uploadOf("unwanted"),
  "GET /datasets/download/{key}/": ({ dataset: { key } }) => ({ at: { key } }),
  "GET /datasets/download/{key}/ of a starting kit": ({ startingKit: { key } }) => ({ at: { key } }),
  "GET /datasets/download/{key}/ of reference data": leaving(({ referenceData: { key } }) => ({ at: { key } })),
  "GET /datasets/download/{key}/ of what was submitted": ({ submittedFile: { key } }) => ({ at: { key } }),
  "GET /datasets/download/id/{id}/": leaving(dataset),
  "GET /datasets/download/id/{id}/ of reference data": leaving(({ referenceData: { id } }) => ({ at: { id } })),

  "GET /api/tasks/": finding(nothing, () => `"name":"Shared"`),
  "POST /api/tasks/": sending(nothing, ({ openProgram }: World) => ({ name: "Another", scoring_program: openProgram })),
  "POST /api/tasks/ with somebody else's data": sending(nothing, ({ openProgram, dataset }: World) => ({
    name: "Another",
    scoring_program: openProgram,
    input_data: dataset.key,
  })),
  "POST /api/tasks/upload_task/": (world, actor) => ({
    content: { multipart: { data: world.ownArchive[personOf(actor)] } },
  }),
  "POST /api/tasks/delete_many/": sending(nothing, ({ task }: World) => [task]),
  "GET /api/tasks/{id}/": task,
  "PUT /api/tasks/{id}/": sending(task, { name: "Changed" }),
  "PATCH /api/tasks/{id}/": sending(task, { name: "Changed" }),
  "DELETE /api/tasks/{id}/": task,

  "GET /api/queues/": ({ queue: { id } }) => ({ finds: id }),
  "POST /api/queues/": sending(nothing, { name: "Another" }),
  "GET /api/queues/{id}/": queue,
  "PUT /api/queues/{id}/": sending(queue, { name: "Changed" }),
  "PATCH /api/queues/{id}/": sending(queue, { name: "Changed" }),
  "DELETE /api/queues/{id}/": idleQueue,
  "GET /api/queues/{id}/audit/": queue,
  "GET /api/queues/{id}/quarantine/": finding(queue, ({ quarantined }) => quarantined),
  "POST /api/queues/{id}/quarantine/{job}/replay/": quarantined,
  "DELETE /api/queues/{id}/quarantine/{job}/": quarantined,
  "GET /api/queues/capacity_profiles/": nothing,
  "GET /api/queues/{id}/workers/": queue,
  "GET /api/queues/{id}/tokens/": finding(queue, ({ workerToken }) => workerToken),
  "POST /api/queues/{id}/tokens/": sending(queue, {}),
  "DELETE /api/queues/{id}/tokens/{token}/": ({ queue: { id }, workerToken: token }) => ({ at: { id, token } }),

  "GET /api/queues/{id}/registries/": finding(idleQueue, ({ registry }) => registry),
  "PUT /api/queues/{id}/registries/{host}/": sending(registry, { username: "robot", password: "secret" }),
  "DELETE /api/queues/{id}/registries/{host}/": registry,
  "GET /api/queues/{id}/budget/": queue,
  "PUT /api/queues/{id}/budget/": sending(idleQueue, { monthly_usd: 50 }),
  "GET /api/queues/capacity_offer/": nothing,
  "GET /api/queues/capacity_requests/": ({ capacityRequest }) => ({ finds: capacityRequest }),
  "GET /api/queues/{id}/capacity/": finding(queue, ({ capacityRequest }) => capacityRequest),
  "POST /api/queues/{id}/capacity/": sending(idleQueue, { instance_type: "g5.xlarge", monthly_usd: 50 }),
  "POST /api/queues/{id}/capacity/{request}/decide/": sending(hosts, { approved: true }),
  "DELETE /api/queues/{id}/capacity/{request}/": hosts,
  "GET /api/queues/status/": ({ queue }) => ({ finds: queue.name }),

  "GET /api/announcements/": ({ announcement }) => ({ finds: announcement.text }),
  "POST /api/announcements/": sending(nothing, { text: "Hello" }),
  "PATCH /api/announcements/{id}/": sending(({ announcement: { id } }) => ({ at: { id } }), { text: "Hello" }),
  "DELETE /api/announcements/{id}/": ({ announcement: { id } }) => ({ at: { id } }),
  "GET /api/news/": ({ news }) => ({ finds: news.title }),
  "GET /api/news/{id}/": ({ news: { id } }) => ({ at: { id } }),
  "POST /api/news/": sending(nothing, { title: "Hello", text: "All is well." }),
  "PATCH /api/news/{id}/": sending(({ news: { id } }) => ({ at: { id } }), { title: "Hello" }),
  "DELETE /api/news/{id}/": ({ news: { id } }) => ({ at: { id } }),
  "GET /api/maintenance/": nothing,
  "PUT /api/maintenance/": sending(nothing, { message: "Back soon." }),
  // It is off, which leaves nothing to turn off.
  "DELETE /api/maintenance/": keeping(nothing),
  "GET /api/mails/": ({ mail }) => ({ finds: mail.subject }),
  "POST /api/mails/{id}/retry/": ({ mail: { id } }) => ({ at: { id } }),
  "GET /api/audit/": nothing,
  "GET /api/audit/all/": nothing,
  "GET /api/analytics/": () => ({
    query: { start_date: "2035-01-01", end_date: "2035-02-01", time_unit: "day" },
  }),
  "GET /api/exports/{table}/": leaving(() => ({ at: { table: "users" } })),
  "GET /api/server_status/": ({ ranked }) => ({ finds: `"id":${ranked},` }),

  "GET /api/budget/": nothing,
  "PUT /api/budget/": sending(nothing, { monthly_usd: 500 }),
  "GET /api/budget/days/": nothing,

  "POST /api/worker/register/": sending(nothing, ({ identity: worker }: World) => ({ worker })),
  "POST /api/worker/queues/": sending(nothing, ({ identity: worker }: World) => ({ worker })),
  "POST /api/worker-credentials/": keeping(nothing),
  "POST /api/worker/claim/": sending(nothing, ({ identity: worker, queue: { url } }: World) => ({
    worker,
    queue: url,
  })),
  "POST /api/worker/claim/ of another queue": sending(
    nothing,
    ({ identity: worker, queue: { url, id }, idleQueue }: World) => ({
      worker,
      queue: url.replace(id, idleQueue.id),
    }),
  ),
  "POST /api/worker/attempts/{attempt}/heartbeat/": sending(attempt, { progress: [] }),
  "POST /api/worker/attempts/{attempt}/launches/": sending(attempt, {
    step: "scoring",
    number: 1,
    request: {},
    taskArn: null,
  }),
  "POST /api/worker/attempts/{attempt}/manifest/": keeping(attempt),
  "POST /api/worker/attempts/{attempt}/registry-login/": sending(attempt, { registry: "ghcr.io" }),
  "POST /api/worker/capacity/": sending(nothing, { provider: "t4" }),
  "POST /api/worker/stops/": keeping(sending(nothing, ({ attempt }: World) => ({ attempts: [attempt] }))),
  "POST /api/worker/abandoned/": keeping(sending(nothing, ({ attempt }: World) => ({ attempts: [attempt] }))),
  "POST /api/worker/attempts/{attempt}/complete/": sending(attempt, { outcome: "released", failure: null, steps: [] }),
  ...worksheetRequests,
};
