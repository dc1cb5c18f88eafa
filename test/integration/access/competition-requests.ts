import { inDays, logo } from "../../support/competitions.ts";
import type { Actor } from "./policy-table.ts";
import { competition, personOf, sending, finding, keeping, nothing, type Recipe } from "./recipes.ts";
import type { World } from "./world.ts";

const thread: Recipe = ({ competition: id, thread }) => ({ at: { id, thread } });
const post: Recipe = ({ competition: id, thread, post }) => ({ at: { id, thread, post } });
const titled: Recipe = ({ title }) => ({ finds: title });
const phase: Recipe = ({ phase: id }) => ({ at: { id } });
const ranked: Recipe = ({ ranked: id }) => ({ at: { id } });
const unranked: Recipe = ({ unranked: id }) => ({ at: { id } });
const applicant: Recipe = ({ applicant: id }) => ({ at: { id } });

/** Requests about competitions, their participants, forums and submissions. */
export const competitionRequests: Record<string, Recipe> = {
  "GET /api/competitions/": titled,
  "GET /api/competitions/public/": titled,
  "GET /api/competitions/front_page/": titled,
  "GET /api/competitions/{id}/": finding(competition, ({ title }) => title),
  "GET /api/competitions/{id}/ for its secret key": (world, actor) => ({
    ...competition(world, actor),
    finds: "secret_key",
  }),
  "GET /api/competitions/{id}/creation_status/": ({ creation: id }) => ({ at: { id } }),
  "GET /api/competitions/creations/": nothing,
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
  "GET /api/competitions/{id}/costs/": competition,
  "GET /api/competitions/{id}/worst_case/": competition,
  "GET /api/competitions/{id}/audit/": competition,
  "GET /api/competitions/{id}/today/": competition,
  "GET /api/competitions/all/": titled,
  "PUT /api/competitions/{id}/moderation/": sending(competition, { is_featured: true }),

  "GET /api/phases/": nothing,
  "GET /api/phases/{id}/": phase,
  "PUT /api/phases/{id}/": sending(phase, { name: "Changed" }),
  "PATCH /api/phases/{id}/": sending(phase, { name: "Changed" }),
  "DELETE /api/phases/{id}/": ({ nextPhase: id }) => ({ at: { id } }),
  "GET /api/phases/{id}/manually_migrate/": phase,
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

  "GET /api/competitions/{id}/forum/threads/": finding(competition, () => "A thread"),
  "POST /api/competitions/{id}/forum/threads/": sending(competition, { title: "Another", text: "A post" }),
  "GET /api/competitions/{id}/forum/threads/{thread}/": thread,
  "PATCH /api/competitions/{id}/forum/threads/{thread}/": sending(thread, { is_pinned: true }),
  "DELETE /api/competitions/{id}/forum/threads/{thread}/": thread,
  "POST /api/competitions/{id}/forum/threads/{thread}/read/": sending(thread, {}),
  "PUT /api/competitions/{id}/forum/threads/{thread}/follow/": sending(thread, { wants_mail: true }),
  "GET /api/competitions/{id}/forum/threads/{thread}/posts/": finding(thread, () => "A post"),
  "POST /api/competitions/{id}/forum/threads/{thread}/posts/": sending(thread, { text: "Another post" }),
  "PATCH /api/competitions/{id}/forum/threads/{thread}/posts/{post}/": sending(post, { text: "Another text" }),
  "DELETE /api/competitions/{id}/forum/threads/{thread}/posts/{post}/": post,
  "POST /api/competitions/{id}/forum/threads/{thread}/posts/{post}/report/": sending(post, { reason: "Rude" }),
  "GET /api/competitions/{id}/forum/reports/": finding(competition, () => "A post"),
  "DELETE /api/competitions/{id}/forum/reports/{post}/": post,

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
  "GET /api/phases/{id}/before_submitting/": phase,
  "GET /api/phases/{id}/get_leaderboard/": finding(phase, ({ people }) => people.participant.username),
  "GET /api/leaderboards/": nothing,
  "GET /api/leaderboards/{id}/": ({ leaderboard: id, people }) => ({ at: { id }, finds: people.participant.username }),
  "GET /api/competitions/{id}/results/": finding(competition, ({ people }) => people.participant.username),
};
