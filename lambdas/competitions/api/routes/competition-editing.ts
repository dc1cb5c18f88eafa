import type { UserActor } from "../../../policy/policy.ts";
import type { Context } from "../../../kernel/context.ts";
import { competitionFor } from "../../service/access.ts";
import { deleteCompetition } from "../../service/delete-competition.ts";
import { editCompetition, makeCompetition } from "../../service/edit-competition.ts";
import { idParams } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { competitionSchema, shownCompetition } from "../shapes/competition.ts";
import { competitionChanges, competitionForm, editorFields } from "./competition-form.ts";

async function answer(context: Context, actor: UserActor, id: number) {
  const { facts } = await competitionFor(context, actor, id, "competition.edit");
  return shownCompetition(context, actor, id, facts);
}

export const competitionEditingRoutes = [
  route({
    method: "POST",
    path: "/api/competitions/",
    summary: "Create a competition from existing tasks",
    access: "user",
    audited: true,
    body: competitionForm,
    // Whoever copies a competition sends its version.
    ignores: [...editorFields, "version"],
    answer: { status: 201, description: "The competition", schema: competitionSchema },
    async handle({ context, actor, reason, body }) {
      const { id, warnings } = await makeCompetition(context, { actor, reason }, body);
      return { status: 201, body: await answer(context, actor, id), warnings };
    },
  }),
  ...(["PUT", "PATCH"] as const).map((method) =>
    route({
      method,
      path: "/api/competitions/{id}/",
      summary: "Change a competition; missing fields stay unchanged, and lists replace the old lists (organizers)",
      access: "user",
      audited: true,
      params: idParams,
      body: competitionChanges,
      ignores: editorFields,
      answer: { status: 200, description: "The competition", schema: competitionSchema },
      async handle({ context, actor, reason, params, body }) {
        const warnings = await editCompetition(context, { actor, reason }, params.id, body);
        return { status: 200, body: await answer(context, actor, params.id), warnings };
      },
    }),
  ),
  route({
    method: "DELETE",
    path: "/api/competitions/{id}/",
    summary: "Delete a competition and its submissions (its creator)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, reason, params }) {
      await competitionFor(context, actor, params.id, "competition.delete");
      await deleteCompetition(context, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
];
