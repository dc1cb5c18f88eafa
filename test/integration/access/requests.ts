import { randomUUID } from "node:crypto";
import { inDays, logo } from "../../support/competitions.ts";
import type { Content } from "../../support/http.ts";
import type { Actor } from "./policy-table.ts";
import type { PersonName, World } from "./world.ts";

/** A request that is right in everything, so that nothing but who sends it decides what is answered. */
export interface Ask {
  /** What stands in the place of the path's parameters. */
  at?: Record<string, string | number>;
  query?: Record<string, string>;
  content?: Content;
  headers?: Record<string, string>;
  /** What an answer must hold that counts as `yes`. One without it is `none`. */
  finds?: string | number;
  /** Whether it changes something, where that does not go by the route: a plain GET does not, anything else does. */
  changes?: boolean;
}

type Recipe = (world: World, actor: Actor) => Ask;

const json = (value: unknown): Content => ({ json: value });
const newAccount = () => ({
  username: `n${randomUUID().slice(0, 8)}`,
  email: `${randomUUID()}@example.org`,
  password: "long enough",
});
const csrf = "a".repeat(43);
/** Who it is; who is nobody tries what the participant has. */
const personOf = (actor: Actor): PersonName => (actor === "anonymous" || actor === "worker" ? "participant" : actor);
const ownLogin: Recipe = ({ people }, actor) => {
  const { username, password } = people[personOf(actor)];
  return {
    content: { form: { username, password, csrfmiddlewaretoken: csrf } },
    headers: { cookie: `csrftoken=${csrf}` },
  };
};

const competition: Recipe = ({ competition: id }) => ({ at: { id } });
const titled: Recipe = ({ title }) => ({ finds: title });
const phase: Recipe = ({ phase: id }) => ({ at: { id } });
const ranked: Recipe = ({ ranked: id }) => ({ at: { id } });
const unranked: Recipe = ({ unranked: id }) => ({ at: { id } });
const applicant: Recipe = ({ applicant: id }) => ({ at: { id } });
const organization: Recipe = ({ organization: { id } }) => ({ at: { id } });
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
const invitation: Recipe = ({ invitation: token }) => ({ content: json({ token }) });

/** A recipe whose request has a body besides. */
const sending =
  (recipe: Recipe, body: unknown | ((world: World, actor: Actor) => unknown)): Recipe =>
  (world, actor) => ({
    ...recipe(world, actor),
    content: json(typeof body === "function" ? (body as (world: World, actor: Actor) => unknown)(world, actor) : body),
  });
const finding =
  (recipe: Recipe, finds: (world: World) => string | number): Recipe =>
  (world, actor) => ({ ...recipe(world, actor), finds: finds(world) });
const keeping =
  (recipe: Recipe): Recipe =>
  (world, actor) => ({ ...recipe(world, actor), changes: false });
/** A request that reads and leaves something all the same: a count of downloads, or an event on the audit trail. */
const leaving =
  (recipe: Recipe): Recipe =>
  (world, actor) => ({ ...recipe(world, actor), changes: true });
const nothing: Recipe = () => ({});

/** For every row of docs/access.md the request it is about. */
export const requests: Record<string, Recipe> = {
  "POST /api/api-token-auth/": ownLogin,
  "POST /api/signup/": sending(nothing, newAccount),
  "POST /api/users/": sending(nothing, newAccount),
  "PATCH /api/users/{id}/": sending(({ ids }) => ({ at: { id: ids.participant } }), { display_name: "Another" }),
  "GET /api/my_profile/": nothing,
  "GET /api/user_lookup/": ({ people: { participant } }) => ({
    query: { q: participant.username },
    finds: participant.username,
  }),
  "GET /api/session/": keeping(nothing),
  "POST /api/session/": ({ people }, actor) => {
    const { username, password } = people[personOf(actor)];
    return {
      content: json({ username, password }),
      headers: { cookie: `csrftoken=${csrf}`, "x-csrftoken": csrf },
    };
  },
  "DELETE /api/session/": nothing,
  "GET /api/sessions/": nothing,
  "DELETE /api/sessions/": nothing,
  "DELETE /api/sessions/{id}/": ({ logins }, actor) => ({ at: { id: logins[personOf(actor)].session } }),
  "GET /api/tokens/": nothing,
  "POST /api/tokens/": sending(nothing, { name: "a program", scopes: ["read"] }),
  "DELETE /api/tokens/{id}/": ({ logins }, actor) => ({ at: { id: logins[personOf(actor)].token } }),
  "PUT /api/account/password/": sending(nothing, ({ people }: World, actor: Actor) => ({
    old_password: people[personOf(actor)].password,
    new_password: "another long one",
  })),
  "PUT /api/account/email/": sending(nothing, ({ people }: World, actor: Actor) => ({
    password: people[personOf(actor)].password,
    email: `${randomUUID()}@example.org`,
  })),
  "GET /accounts/password_reset/": nothing,
  "POST /accounts/password_reset/": sending(nothing, ({ people }: World) => ({
    email: `${people.participant.username}@example.org`,
  })),
  "POST /accounts/password_reset/confirm/": sending(nothing, ({ reset }: World) => ({
    token: reset,
    password: "another long one",
  })),
  "GET /accounts/sign-in/{provider}/": ({ provider }) => ({ at: { provider } }),
  "GET /accounts/sign-in/{provider}/callback/": ({ provider }) => ({ at: { provider } }),
  "GET /api/account/identities/": nothing,
  "DELETE /api/account/identities/{provider}/": ({ provider }) => ({ at: { provider } }),
  "GET /api/account/second-factor/": nothing,
  "POST /api/account/second-factor/": sending(nothing, ({ people }: World, actor: Actor) => ({
    password: people[personOf(actor)].password,
  })),
  // Nobody here has begun with one.
  "PUT /api/account/second-factor/": sending(nothing, { code: "123456" }),
  "DELETE /api/account/second-factor/": sending(nothing, ({ people }: World, actor: Actor) => ({
    password: people[personOf(actor)].password,
    code: "123456",
  })),
  "DELETE /api/users/{id}/second-factor/": ({ guarded }) => ({ at: { id: guarded } }),
  "GET /api/invitations/": ({ invited }) => ({ finds: invited }),
  "POST /api/invitations/": sending(nothing, () => ({ email: `${randomUUID()}@example.org` })),
  "DELETE /api/invitations/{id}/": ({ invited }) => ({ at: { id: invited } }),
  // The platform of this test lets everybody sign up.
  "POST /api/invitations/request/": sending(nothing, { email: "somebody@example.org" }),
  "GET /accounts/signup/": nothing,
  "POST /accounts/signup/": () => ({
    content: { form: { ...newAccount(), csrfmiddlewaretoken: csrf } },
    headers: { cookie: `csrftoken=${csrf}` },
  }),
  "GET /accounts/token/": nothing,
  "POST /accounts/token/": sending(nothing, { name: "a program" }),
  "GET /api/config/": nothing,
  "GET /accounts/login/": nothing,
  "POST /accounts/login/": ownLogin,
  "POST /accounts/logout/": (_, actor) => ({ changes: actor !== "anonymous" }),
  "GET /accounts/confirm/": nothing,
  "POST /accounts/confirm/": ({ confirmation }, actor) => ({
    content: json({ token: confirmation[personOf(actor)] }),
  }),
  "POST /accounts/confirm/send/": nothing,
  "GET /accounts/mail/": nothing,
  "POST /accounts/mail/": sending(nothing, { organizer_direct_message_updates: false }),
  "GET /api/audit/": nothing,
  "GET /api/api-auth/login/": nothing,

  "GET /api/users/participant_organizations/": ({ organization }) => ({ finds: organization.name }),
  "GET /api/organizations/": ({ organization }) => ({ finds: organization.name }),
  "POST /api/organizations/": sending(nothing, { name: "Another", email: "another@example.org" }),
  "GET /api/organizations/{id}/": organization,
  "GET /api/organizations/{id}/ for its members": finding(organization, ({ people }) => people.participant.username),
  "PUT /api/organizations/{id}/": sending(organization, { location: "Elsewhere" }),
  "PATCH /api/organizations/{id}/": sending(organization, { location: "Elsewhere" }),
  "POST /api/organizations/{id}/invite_users/": sending(organization, ({ ids }: World) => ({
    users: [ids["other organizer"]],
  })),
  "POST /api/organizations/{id}/update_member_group/": sending(organization, ({ membership }: World) => ({
    membership,
    group: "MANAGER",
  })),
  "DELETE /api/organizations/{id}/delete_member/": sending(organization, ({ membership }: World) => ({ membership })),
  "DELETE /api/organizations/{id}/delete_organization/": organization,
  "GET /api/organizations/{id}/audit/": organization,
  "POST /api/organizations/validate_invite/": keeping(invitation),
  "POST /api/organizations/invite_response/": invitation,
  "DELETE /api/organizations/invite_response/": invitation,

  "GET /api/competitions/": titled,
  "GET /api/competitions/public/": titled,
  "GET /api/competitions/front_page/": titled,
  "GET /api/competitions/{id}/": finding(competition, ({ title }) => title),
  "GET /api/competitions/{id}/ for its secret key": (world, actor) => ({
    ...competition(world, actor),
    finds: "secret_key",
  }),
  "GET /api/competitions/{id}/creation_status/": ({ creation: id }) => ({ at: { id } }),
  "POST /api/competitions/{id}/toggle_publish/": competition,
  "POST /api/competitions/{id}/register/": sending(competition, {}),
  "DELETE /api/competitions/{id}/register/": competition,
  "POST /api/competitions/": sending(nothing, ({ openTask }: World) => ({
    title: "Another",
    logo: { file_name: "logo.png", data: logo.toString("base64") },
    terms: "Be fair.",
    pages: [{ title: "Overview", content: "All of it." }],
    phases: [{ name: "Only", start: inDays(-1), tasks: [openTask] }],
    leaderboards: [{ title: "Results", key: "main", columns: [{ title: "Accuracy", key: "accuracy", index: 0 }] }],
  })),
  "PUT /api/competitions/{id}/": sending(competition, { title: "Changed" }),
  "PATCH /api/competitions/{id}/": sending(competition, { title: "Changed" }),
  "DELETE /api/competitions/{id}/": competition,
  "POST /api/competitions/{id}/create_dump/": sending(competition, {}),
  "GET /api/competitions/{id}/get_files/": competition,
  "GET /api/competitions/{id}/budget/": competition,
  "PUT /api/competitions/{id}/budget/": sending(competition, { monthly_usd: 50 }),
  "GET /api/competitions/{id}/worst_case/": competition,
  "GET /api/competitions/{id}/audit/": competition,

  "GET /api/phases/": nothing,
  "GET /api/phases/{id}/": phase,
  "PUT /api/phases/{id}/": sending(phase, { name: "Changed" }),
  "PATCH /api/phases/{id}/": sending(phase, { name: "Changed" }),
  "DELETE /api/phases/{id}/": ({ nextPhase: id }) => ({ at: { id } }),
  "POST /api/phases/{id}/manually_migrate/": phase,
  "PUT /api/phases/{id}/blind/": sending(phase, { blind: true }),
  "GET /api/phases/{id}/rerun_submissions/": phase,
  "POST /api/phases/{id}/rerun_submissions/": phase,
  // Asking is how a robot becomes a participant.
  "GET /api/can_make_submission/{id}/": (world, actor) => ({ ...phase(world, actor), changes: actor === "bot" }),
  "GET /api/phases/{id}/grants/": phase,
  "POST /api/phases/{id}/grants/": sending(phase, ({ participant }: World) => ({
    participant,
    submissions_per_person: 1,
  })),
  "DELETE /api/phases/{id}/grants/{grant}/": ({ phase: id, grant }) => ({ at: { id, grant } }),

  "GET /api/participants/": ({ competition, people }) => ({
    query: { competition: String(competition) },
    finds: people.participant.username,
  }),
  "PATCH /api/participants/{id}/": sending(applicant, { status: "approved" }),
  "POST /api/participants/decide_many/": sending(nothing, ({ applicant }: World) => ({
    participants: [applicant],
    status: "approved",
  })),
  "POST /api/participants/{id}/send_email/": sending(applicant, { message: "Hello" }),
  "POST /api/competitions/{id}/email_all_participants/": sending(competition, { message: "Hello" }),
  "DELETE /api/participants/{id}/team/": applicant,

  "POST /api/submissions/": sending(nothing, ({ phase, ownFile }: World, actor: Actor) => ({
    phase,
    data: ownFile[personOf(actor)],
  })),
  "POST /api/submissions/ of somebody else's file": sending(nothing, ({ phase, submittedFile }: World) => ({
    phase,
    data: submittedFile.key,
  })),
  "GET /api/submissions/": ({ competition, ranked }) => ({
    query: { phase__competition: String(competition) },
    finds: `"id":${ranked},`,
  }),
  "GET /api/submissions/{id}/": ranked,
  "GET /api/submissions/{id}/ off the leaderboard": unranked,
  "DELETE /api/submissions/{id}/": ranked,
  "DELETE /api/submissions/{id}/ off the leaderboard": unranked,
  "DELETE /api/submissions/delete_many/": sending(nothing, ({ unranked, waiting }: World) => [unranked, waiting]),
  "POST /api/submissions/cancel_many/": sending(nothing, ({ waiting }: World) => [waiting]),
  "DELETE /api/submissions/{id}/soft_delete/": unranked,
  "GET /api/submissions/{id}/cancel_submission/": ({ waiting: id }) => ({ at: { id } }),
  "POST /api/submissions/{id}/cancel_submission/": ({ waiting: id }) => ({ at: { id } }),
  "POST /api/submissions/{id}/run_submission/": ({ held: id }) => ({ at: { id } }),
  "POST /api/submissions/{id}/re_run_submission/": ranked,
  "POST /api/submissions/{id}/re_run_submission/ on a task that is open": (world, actor) => ({
    ...ranked(world, actor),
    query: { task_key: world.openTask },
  }),
  "POST /api/submissions/re_run_many_submissions/": sending(nothing, ({ ranked, unranked }: World) => [
    ranked,
    unranked,
  ]),
  "POST /api/submissions/{id}/submission_leaderboard_connection/": unranked,
  "DELETE /api/submissions/{id}/submission_leaderboard_connection/": ranked,
  "GET /api/submissions/{id}/get_details/": ranked,
  "GET /api/submissions/{id}/get_details/ off the leaderboard": unranked,
  "GET /api/submissions/{id}/invoice/": ranked,
  "GET /api/submissions/{id}/invoice/ off the leaderboard": unranked,
  "GET /api/submissions/{id}/get_detail_result/": ranked,
  "GET /api/submissions/{id}/get_detail_result/ off the leaderboard": unranked,
  "GET /api/submissions/{id}/logs/": ranked,
  "GET /api/submissions/{id}/log_entries/": ranked,
  "POST /api/submissions/download_many/": keeping(sending(nothing, ({ ranked }: World) => ({ pks: [ranked] }))),
  "GET /api/submissions/{id}/toggle_public/": ranked,
  "POST /api/submissions/{id}/toggle_public/": ranked,
  "PATCH /api/submissions/{id}/update_fact_sheet/": sending(ranked, {}),
  "PUT /api/submission_scores/{id}/": sending(({ score: id }) => ({ at: { id } }), { score: "1" }),
  "PATCH /api/submission_scores/{id}/": sending(({ score: id }) => ({ at: { id } }), { score: "1" }),

  "GET /api/phases/{id}/score_history/": phase,
  "GET /api/phases/{id}/get_leaderboard/": finding(phase, ({ people }) => people.participant.username),
  "GET /api/leaderboards/": nothing,
  "GET /api/leaderboards/{id}/": ({ leaderboard: id, people }) => ({ at: { id }, finds: people.participant.username }),
  "GET /api/competitions/{id}/results/": finding(competition, ({ people }) => people.participant.username),

  "POST /api/datasets/": sending(nothing, { type: "public_data", request_sassy_file_name: "new.zip" }),
  "PUT /api/datasets/completed/{key}/": ({ dataset: { key } }) => ({ at: { key } }),
  "GET /api/datasets/": ({ dataset: { key } }) => ({ query: { key }, finds: key }),
  "GET /api/datasets/public/": ({ openDataset: { key } }) => ({ finds: key }),
  "POST /api/datasets/delete_many/": sending(nothing, ({ dataset: { id } }: World) => [id]),
  "GET /api/datasets/{id}/": dataset,
  "GET /api/datasets/{id}/ that is public": ({ openDataset: { id } }) => ({ at: { id } }),
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
  "GET /api/queues/capacity_requests/": ({ capacityRequest }) => ({ finds: capacityRequest }),
  "GET /api/queues/{id}/capacity/": finding(queue, ({ capacityRequest }) => capacityRequest),
  "POST /api/queues/{id}/capacity/": sending(idleQueue, { instance_type: "g5.xlarge", monthly_usd: 50 }),
  "POST /api/queues/{id}/capacity/{request}/decide/": sending(hosts, { approved: true }),
  "DELETE /api/queues/{id}/capacity/{request}/": hosts,
  "GET /api/budget/": nothing,
  "PUT /api/budget/": sending(nothing, { monthly_usd: 500 }),

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
};
