import * as z from "zod";
import { creationOf, creationsOf } from "../../service/bundle-import/creations.ts";
import { competitionFor, competitionOrRequest, visibleCompetition } from "../../service/access.ts";
import { leave, registerParticipant } from "../../service/participation.ts";
import { togglePublished } from "../../service/save-competition.ts";
import { today } from "../../service/today.ts";
import { idParams, secretKey } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { competitionSchema, shownCompetition, shownRequest } from "../shapes/competition.ts";

const unconfirmed =
  "Your mail address is not confirmed, so a list of invited addresses cannot approve you. Open the link in the mail that you got, or /accounts/confirm/ for a new one.";

/** What becomes of a bundle. */
const creationFields = {
  status: z.enum(["Starting", "Unpacking", "Finished", "Failed"]),
  details: z.string().nullable(),
  problems: z.array(
    z.object({ code: z.string(), severity: z.enum(["error", "warning"]), path: z.string(), message: z.string() }),
  ),
  resulting_competition: z.int().nullable(),
  created_by: z.int().meta({ description: "Id of a user" }),
  progress: z
    .object({ stage: z.enum(["storing", "finishing"]), done_bytes: z.number(), total_bytes: z.number() })
    .nullable()
    .meta({ description: "Null until the bundle's file list is read and valid" }),
};

function shownCreation({
  status,
  details,
  problems,
  resulting_competition,
  created_by,
  progress,
}: Awaited<ReturnType<typeof creationOf>>) {
  const shown = progress && {
    stage: progress.stage,
    done_bytes: progress.done_bytes,
    total_bytes: progress.total_bytes,
  };
  return { status, details, problems, resulting_competition, created_by, progress: shown };
}

const withSecretKey = z.object({ secret_key: secretKey });

export const competitionRoutes = [
  route({
    method: "GET",
    path: "/api/competitions/{id}/",
    summary: "A competition with its pages, phases, tasks and leaderboard",
    access: "anyone",
    params: idParams,
    query: withSecretKey,
    answer: {
      status: 200,
      description:
        "The competition; of a private one in which your request waits or was denied, only its title and `participant_status`",
      schema: competitionSchema,
    },
    async handle({ context, actor, params, query }) {
      const { secret_key: key = null } = query;
      const { competition, facts, onlyRequest } = await competitionOrRequest(context, actor, params.id, key);
      if (onlyRequest) return { status: 200, body: shownRequest(actor, competition, facts) };
      return { status: 200, body: await shownCompetition(context, actor, params.id, facts) };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/{id}/creation_status/",
    summary: "Progress of unpacking a bundle; status_id is in the answer to the completed upload",
    access: "user",
    params: idParams,
    answer: {
      status: 200,
      description: "Starting, Unpacking, Finished (with resulting_competition) or Failed (with details)",
      schema: z.object(creationFields),
    },
    handle: async ({ context, actor, params }) => ({
      status: 200,
      body: shownCreation(await creationOf(context, actor, params.id)),
    }),
  }),
  route({
    method: "GET",
    path: "/api/competitions/creations/",
    summary: "Your bundles that are being unpacked, and those that were refused in the last seven days, newest first",
    access: "user",
    answer: {
      status: 200,
      description: "At most 20",
      schema: z.array(
        z
          .object({
            id: z.int().meta({ description: "For creation_status" }),
            file_name: z
              .string()
              .nullable()
              .meta({ description: "Null if the bundle was deleted, as refused ones are" }),
            created_when: z.iso.datetime(),
            ...creationFields,
          })
          .meta({ id: "Creation" }),
      ),
    },
    async handle({ context, actor }) {
      const creations = await creationsOf(context, actor);
      return {
        status: 200,
        body: creations.map((creation) => ({
          id: creation.id,
          file_name: creation.file_name,
          created_when: creation.created_when,
          ...shownCreation(creation),
        })),
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/{id}/today/",
    summary: "What waits for the organizers of a competition, and what goes on there (organizers)",
    access: "user",
    params: idParams,
    answer: {
      status: 200,
      description: "Numbers of participants and submissions",
      schema: z
        .object({
          pending_participants: z.int(),
          to_start: z.int().meta({ description: "Submissions that an organizer has to start" }),
          waiting: z.int(),
          running: z.int(),
          submitted_last_day: z.int().meta({ description: "Submissions of the last 24 hours" }),
          failed_last_day: z.int().meta({ description: "Those of them that failed" }),
          quarantined: z.int().meta({ description: "Runs that the platform could not bring to an end" }),
        })
        .meta({ id: "Today" }),
    },
    handle: async ({ context, actor, params }) => ({ status: 200, body: await today(context, actor, params.id) }),
  }),
  route({
    method: "POST",
    path: "/api/competitions/{id}/toggle_publish/",
    summary: "Publish or unpublish a competition",
    access: "user",
    audited: true,
    params: idParams,
    answer: {
      status: 200,
      description: "Whether the competition is now published",
      schema: z.object({ published: z.boolean() }),
    },
    async handle({ context, actor, reason, params }) {
      const { competition } = await competitionFor(context, actor, params.id, "competition.edit");
      return { status: 200, body: { published: await togglePublished(context, { actor, reason }, competition.id) } };
    },
  }),
  route({
    method: "POST",
    path: "/api/competitions/{id}/register/",
    summary: "Ask to participate",
    access: "user",
    audited: true,
    params: idParams,
    body: withSecretKey,
    answer: {
      status: 201,
      description: "approved, or pending until an organizer decides",
      schema: z.object({ participant_status: z.enum(["approved", "pending"]) }),
    },
    async handle({ context, actor, reason, params, body }) {
      const { competition, facts } = await visibleCompetition(context, actor, params.id, body.secret_key ?? null);
      const status = await registerParticipant(context, actor, reason, competition, facts);
      return {
        status: 201,
        body: { participant_status: status },
        ...(status === "pending" && !actor.emailIsConfirmed ? { warnings: [unconfirmed] } : {}),
      };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/competitions/{id}/register/",
    summary: "Leave a competition, or take back your request to participate; your submissions stay",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "You no longer participate" },
    async handle({ context, actor, reason, params }) {
      await leave(context, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
];
