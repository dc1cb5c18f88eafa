import * as z from "zod";
import { permissions, type Actor, type CompetitionFacts } from "../../../policy/policy.ts";
import { permissionsSchema } from "../../../http/permissions.ts";
import type { CompetitionAccess } from "../../service/access.ts";
import { listings } from "../../rules/listing.ts";
import { competitionSeenBy, type SeenCompetition } from "../../service/competition-detail.ts";
import type { Context } from "../../../kernel/context.ts";
import { datasetSchema, shownDataset } from "./dataset.ts";
import { leaderboardSchema, shownLeaderboard } from "./leaderboard.ts";
import { logoUrls } from "../../../accounts/service/images.ts";
import { listedCompetitionSchema } from "./listed-competition.ts";
import { allowanceFields, phaseFields, shownAllowance, shownPhase } from "./phase.ts";
import { allProfiles } from "../../../jobs/service/capacity-profiles.ts";
import { queueSchema, shownQueue } from "./queue.ts";
import { shownSolution, solutionSchema } from "./task.ts";

const taskInPhase = z.object({
  task: z.string().meta({ description: "The task's key, like value and key" }),
  order_index: z.int(),
  phase: z.int(),
  id: z.int(),
  value: z.string(),
  key: z.string(),
  created_when: z.iso.datetime(),
  name: z.string(),
  solutions: z.array(solutionSchema),
  public_datasets: z
    .array(datasetSchema)
    .meta({ description: "The task's files; permission to download them is checked on download" }),
});

/** A competition with all its parts. */
export const competitionSchema = listedCompetitionSchema
  .omit({ is_featured: true })
  .extend({
    listing: z.enum(listings).optional().meta({ description: "For organizers only, like listing_reason" }),
    listing_reason: z.string().nullable().optional().meta({ description: "Why an administrator took it out of lists" }),
    secret_key: z.string().optional().meta({ description: "For organizers only, like whitelist_emails" }),
    whitelist_emails: z.array(z.string()).optional(),
    version: z
      .string()
      .optional()
      .meta({ description: "For organizers only. Changes with the competition; a change may name it" }),
    terms: z.string(),
    pages: z.array(z.object({ id: z.int(), title: z.string(), content: z.string(), index: z.int() })),
    phases: z.array(
      z.object({
        ...phaseFields,
        ...allowanceFields,
        public_data: datasetSchema.nullable(),
        starting_kit: datasetSchema.nullable(),
        tasks: z.array(taskInPhase),
      }),
    ),
    leaderboards: z.array(leaderboardSchema),
    collaborators: z.array(z.object({ id: z.int(), name: z.string(), username: z.string() })),
    participant_status: z
      .enum(["unknown", "pending", "approved", "denied", "left"])
      .nullable()
      .optional()
      .meta({ description: "Absent if you are not logged in" }),
    registration_auto_approve: z.boolean(),
    queue: queueSchema.nullable(),
    enable_detailed_results: z.boolean(),
    show_detailed_results_in_submission_panel: z.boolean(),
    show_detailed_results_in_leaderboard: z.boolean(),
    auto_run_submissions: z.boolean(),
    can_participants_make_submissions_public: z.boolean(),
    make_programs_available: z.boolean(),
    make_input_data_available: z.boolean(),
    enable_network: z.boolean().meta({ description: "Whether the organizer wants programs to have network access" }),
    has_network: z.boolean().meta({
      description:
        "Whether programs have network access: enable_network is set, and both the administrator and the queue's capacity profiles allow it",
    }),
    network_problem: z
      .string()
      .nullable()
      .meta({ description: "Why programs have no network access although the organizer wants it" }),
    anonymous_leaderboard: z.boolean().meta({ description: "Whether leaderboards show names to organizers only" }),
    docker_image: z.string(),
    allow_robot_submissions: z.boolean(),
    teams_share_limits: z
      .boolean()
      .meta({ description: "Whether the participants of an organization share the limits of one participant" }),
    fact_sheet: z.record(z.string(), z.looseObject({ key: z.string(), title: z.string() })).nullable(),
    forum: z.int().nullable().meta({ description: "Its own id if it has a forum" }),
    forum_enabled: z.boolean(),
    permissions: permissionsSchema("competition"),
  })
  .meta({ id: "Competition" });

/**
 * Shows a private competition to a person whose request to participate waits or was denied: what the mail about the
 * request says. The lists are empty, so that clients can show it as they show other competitions.
 */
export const shownRequest = (
  viewer: Actor,
  { id, title, contact_email }: CompetitionAccess,
  facts: CompetitionFacts,
) => ({
  id,
  title,
  published: false,
  participant_status: facts.participation,
  permissions: permissions(viewer, "competition", facts),
  contact_email,
  pages: [],
  phases: [],
  leaderboards: [],
  collaborators: [],
});

/** Shows a competition to a viewer who may see it. */
export async function shownCompetition(context: Context, viewer: Actor, id: number, facts: CompetitionFacts) {
  const seen = await competitionSeenBy(context, viewer, id, facts);
  const { competition: c, pages, collaborators, leaderboards, queue, isOrganizer } = seen;
  return {
    id: c.id,
    title: c.title,
    published: c.published,
    ...(isOrganizer ? { secret_key: c.secret_key, whitelist_emails: c.whitelist_emails, version: c.version } : {}),
    ...(isOrganizer ? { listing: c.listing, listing_reason: c.listing_reason } : {}),
    created_by: c.created_by_username,
    owner_display_name: c.owner_display_name,
    created_when: c.created_when,
    ...(await logoUrls(context, c)),
    terms: c.terms,
    pages,
    phases: seen.phases.map((phase, index) => shownPhaseInFull(context, phase, index === seen.phases.length - 1)),
    leaderboards: leaderboards.map((board) => shownLeaderboard(board, isOrganizer)),
    collaborators,
    ...(viewer.kind === "user" ? { participant_status: seen.participation } : {}),
    registration_auto_approve: c.registration_auto_approve,
    description: c.description,
    participants_count: c.participants_count,
    submissions_count: c.submissions_count,
    queue: queue ? shownQueue(context, viewer, await allProfiles(context), queue) : null,
    enable_detailed_results: c.enable_detailed_results,
    show_detailed_results_in_submission_panel: c.show_detailed_results_in_submission_panel,
    show_detailed_results_in_leaderboard: c.show_detailed_results_in_leaderboard,
    auto_run_submissions: c.auto_run_submissions,
    can_participants_make_submissions_public: c.can_participants_make_submissions_public,
    make_programs_available: c.make_programs_available,
    make_input_data_available: c.make_input_data_available,
    enable_network: c.enable_network,
    has_network: c.enable_network && seen.networkProblem === null,
    network_problem: seen.networkProblem,
    anonymous_leaderboard: c.anonymous_leaderboard,
    docker_image: c.docker_image,
    allow_robot_submissions: c.allow_robot_submissions,
    teams_share_limits: c.teams_share_limits,
    competition_type: c.competition_type,
    fact_sheet: c.fact_sheet,
    forum: c.forum_enabled ? c.id : null,
    reward: c.reward,
    contact_email: c.contact_email,
    report: c.report,
    forum_enabled: c.forum_enabled,
    permissions: permissions(viewer, "competition", facts),
  };
}

function shownPhaseInFull(context: Context, seen: SeenCompetition["phases"][number], isFinal: boolean) {
  const { phase, allowance, publicData, startingKit, tasks } = seen;
  return {
    ...shownPhase(phase, isFinal, context.now()),
    ...shownAllowance(allowance),
    public_data: publicData && shownDataset(publicData),
    starting_kit: startingKit && shownDataset(startingKit),
    tasks: tasks.map((task) => ({
      task: task.key,
      order_index: task.order_index,
      phase: phase.id,
      id: task.id,
      value: task.key,
      key: task.key,
      created_when: task.created_when,
      name: task.name,
      solutions: task.solutions.map(shownSolution),
      public_datasets: task.files.map(shownDataset),
    })),
  };
}
