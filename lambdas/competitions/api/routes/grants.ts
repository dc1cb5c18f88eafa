import * as z from "zod";
import { phaseFor } from "../../service/access.ts";
import { grantsOfPhase, grantSubmissions, takeBackGrant, type GrantRow } from "../../service/grants.ts";
import { idParams, integer, wholeNumber } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";

const more = wholeNumber(0, 10_000).default(0);

const grantSchema = z
  .object({
    id: z.int(),
    phase: z.int(),
    participant: z.int(),
    username: z.string(),
    submissions_per_day: z.int().meta({ description: "Additional submissions per day" }),
    submissions_per_person: z.int().meta({ description: "Additional submissions in total" }),
    reason: z.string().nullable(),
    granted_by: z.string(),
    created_when: z.iso.datetime(),
  })
  .meta({ id: "Grant" });

const shown = ({
  id,
  phase_id,
  participant_id,
  username,
  per_day,
  per_person,
  reason,
  granted_by,
  created_when,
}: GrantRow) => ({
  id,
  phase: phase_id,
  participant: participant_id,
  username,
  submissions_per_day: per_day,
  submissions_per_person: per_person,
  reason,
  granted_by,
  created_when,
});

export const grantRoutes = [
  route({
    method: "GET",
    path: "/api/phases/{id}/grants/",
    summary: "Additional submissions granted to participants of a phase (organizers)",
    access: "user",
    params: idParams,
    answer: {
      status: 200,
      description: "A plain list of current grants, oldest first",
      schema: z.array(grantSchema),
    },
    async handle({ context, actor, params }) {
      return { status: 200, body: (await grantsOfPhase(context, actor, params.id)).map(shown) };
    },
  }),
  route({
    method: "POST",
    path: "/api/phases/{id}/grants/",
    summary: "Grant a participant additional submissions in a phase (organizers)",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({ participant: integer, submissions_per_day: more, submissions_per_person: more }),
    answer: { status: 201, description: "The grant", schema: grantSchema },
    async handle({ context, actor, reason, params, body }) {
      const found = await phaseFor(context, actor, params.id, "competition.grant");
      const { participant, submissions_per_day: perDay, submissions_per_person: perPerson } = body;
      const grant = await grantSubmissions(context, { actor, reason }, found, { participant, perDay, perPerson });
      return { status: 201, body: shown(grant) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/phases/{id}/grants/{grant}/",
    summary: "Revoke a grant; submissions made with it stay (organizers)",
    access: "user",
    audited: true,
    params: idParams.extend({ grant: integer }),
    answer: { status: 204, description: "The grant is revoked" },
    async handle({ context, actor, reason, params }) {
      const found = await phaseFor(context, actor, params.id, "competition.grant");
      await takeBackGrant(context, { actor, reason }, found, params.grant);
      return { status: 204 };
    },
  }),
];
