import { findCompetitionDetail, tasksOfPhases } from "../../db/competitions.ts";
import { findDatasetsById } from "../../db/datasets.ts";
import type { UserActor } from "../../../policy/policy.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { competitionFor, noSuchCompetition } from "../../service/access.ts";
import type { UserAuthor } from "../../../accounts/service/audit.ts";
import { deleteCompetition } from "../../service/delete-competition.ts";
import { decodeImage } from "../../../accounts/service/images.ts";
import type { Context } from "../../../kernel/context.ts";
import { changeCompetition, createCompetition, type SavedWithForm } from "../../service/save-competition.ts";
import { idParams } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { competitionSchema, shownCompetition } from "../shapes/competition.ts";
import { changedForm, competitionChanges, competitionForm, formOf, type CompetitionBody } from "./competition-form.ts";

const logoOf = ({ logo }: CompetitionBody) => (logo ? decodeImage("logo", logo) : logo);

async function answer(context: Context, actor: UserActor, id: number) {
  const { facts } = await competitionFor(context, actor, id, "competition.edit");
  return shownCompetition(context, actor, id, facts);
}

/** A change that meets another one is made again on what that left, so many times. */
const maxTries = 5;

/** Changes what a request says of a competition that the actor organizes, and leaves the rest. */
export async function editCompetition(
  context: Context,
  by: UserAuthor,
  id: number,
  body: CompetitionBody,
): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return await tryToEdit(context, by, id, body);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "CHANGED_MEANWHILE" || tries === maxTries) throw error;
    }
}

async function tryToEdit(context: Context, by: UserAuthor, id: number, body: CompetitionBody): Promise<void> {
  await competitionFor(context, by.actor, id, "competition.edit");
  const detail = await findCompetitionDetail(context.db, id);
  if (!detail) throw noSuchCompetition();
  const { competition, phases } = detail;
  const files = phases.flatMap(({ public_data_id, starting_kit_id }) => [public_data_id, starting_kit_id]);
  const { collaborators, ...before } = formOf(
    detail,
    await tasksOfPhases(
      context.db,
      phases.map((phase) => phase.id),
    ),
    await findDatasetsById(
      context.db,
      files.filter((file) => file !== null),
    ),
  );
  const beside: SavedWithForm = {
    allow_robot_submissions: body.allow_robot_submissions ?? competition.allow_robot_submissions,
    teams_share_limits: body.teams_share_limits ?? competition.teams_share_limits,
    whitelist_emails: body.whitelist_emails ?? competition.whitelist_emails,
    report: body.report === undefined ? competition.report : body.report,
    published: body.published ?? competition.published,
    collaborators: body.collaborators ?? collaborators,
    logo: logoOf(body),
  };
  await changeCompetition(context, by, detail, changedForm(before, body), beside);
}

export const competitionEditingRoutes = [
  route({
    method: "POST",
    path: "/api/competitions/",
    summary: "Make a competition of tasks that exist",
    access: "user",
    audited: true,
    body: competitionForm,
    answer: { status: 201, description: "The competition", schema: competitionSchema },
    async handle({ context, actor, reason, body }) {
      const [leaderboard] = body.leaderboards;
      const logo = logoOf(body);
      const problems = {
        ...(leaderboard ? {} : { leaderboards: ["A competition needs a leaderboard."] }),
        ...(logo === undefined ? { logo: ["Competitions require a logo upon creation"] } : {}),
      };
      if (!leaderboard || logo === undefined)
        throw new Refusal("invalid", "INVALID", Object.values(problems)[0]![0]!, problems);
      const form = changedForm(
        { title: body.title, pages: [], phases: [], leaderboard: { ...leaderboard, columns: [] } },
        body,
      );
      const id = await createCompetition(context, { actor, reason }, form, {
        allow_robot_submissions: body.allow_robot_submissions ?? false,
        teams_share_limits: body.teams_share_limits ?? false,
        whitelist_emails: body.whitelist_emails ?? [],
        report: body.report ?? null,
        published: body.published ?? false,
        collaborators: body.collaborators ?? [],
        logo,
      });
      return { status: 201, body: await answer(context, actor, id) };
    },
  }),
  ...(["PUT", "PATCH"] as const).map((method) =>
    route({
      method,
      path: "/api/competitions/{id}/",
      summary:
        "Change a competition; what the request does not name stays, and lists in it are whole lists (organizers)",
      access: "user",
      audited: true,
      params: idParams,
      body: competitionChanges,
      answer: { status: 200, description: "The competition", schema: competitionSchema },
      async handle({ context, actor, reason, params, body }) {
        await editCompetition(context, { actor, reason }, params.id, body);
        return { status: 200, body: await answer(context, actor, params.id) };
      },
    }),
  ),
  route({
    method: "DELETE",
    path: "/api/competitions/{id}/",
    summary: "Delete a competition with its submissions (its creator)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "It is gone" },
    async handle({ context, actor, reason, params }) {
      await competitionFor(context, actor, params.id, "competition.delete");
      await deleteCompetition(context, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
];
