import { releaseFromTeam } from "../../service/teams.ts";
import { idParams } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { ownParticipant } from "../../service/participation.ts";

export const teamRoutes = [
  route({
    method: "DELETE",
    path: "/api/participants/{id}/team/",
    summary: "Remove a participant from their team, so that they may submit alone or with another team (organizers)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "The participant has no team" },
    async handle({ context, actor, reason, params }) {
      const { participant } = await ownParticipant(context, actor, params.id);
      await releaseFromTeam(context, { actor, reason }, participant);
      return { status: 204 };
    },
  }),
];
