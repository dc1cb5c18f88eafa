import * as z from "zod";
import { competitionFor } from "../../service/access.ts";
import {
  decideMany,
  decideParticipant,
  ownParticipant,
  pageOfParticipants,
  participantOrders,
  participantsOf,
  writeTo,
  writeToAll,
  type Participant,
} from "../../service/participation.ts";
import { csv, csvAnswer } from "../../../http/csv.ts";
import { idParams, ids, integer, list, severalInQuery } from "../../../http/fields.ts";
import { offset, optionalPageQuery, ordering, orderOf, page, pageWanted } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { skippedSchema } from "../shapes/skipped.ts";
import { namedOrganization, namedOrganizationSchema } from "../../../accounts/api/organization.ts";
import { posted, postedSchema } from "../../../accounts/api/posted.ts";

/** What an organizer can decide. */
const decisions = ["unknown", "pending", "approved", "denied"] as const;
const statuses = z.enum([...decisions, "left"]);

const participantSchema = z
  .object({
    id: z.int(),
    username: z.string(),
    is_bot: z.boolean(),
    email: z.string(),
    status: statuses,
    joined_when: z.iso.datetime().meta({ description: "When they asked to participate" }),
    is_deleted: z.literal(false),
    organization: namedOrganizationSchema
      .nullable()
      .meta({ description: "The organization that the participant takes part with" }),
  })
  .meta({ id: "Participant" });

const shown = ({ id, username, is_bot, email, status, organization, created_when }: Participant) => ({
  id,
  username,
  is_bot,
  email,
  status,
  joined_when: created_when,
  is_deleted: false,
  organization: namedOrganization(organization),
});

/** A page of participants. */
const participantPage = page(participantSchema).extend({
  counts: z
    .record(z.string(), z.int())
    .meta({ description: "How many participants there are of each status, whatever `status` the request names" }),
});

const asCsv = (participants: Participant[]) =>
  csv([
    ["Participant ID", "Username", "Email", "Status", "Is Bot", "Team", "Registered When"],
    ...participants.map((p) => [
      ...[p.id, p.username, p.email, p.status, String(p.is_bot)],
      ...[p.organization?.name ?? null, p.created_when.toISOString()],
    ]),
  ]);

const message = z.object({ message: z.string().min(1, "A message is required to send an email").max(100_000) });

export const participantRoutes = [
  route({
    method: "GET",
    path: "/api/participants/",
    summary: "Participants of a competition (organizers); with format=csv as a table",
    access: "user",
    query: optionalPageQuery.extend({
      competition: integer.optional(),
      status: severalInQuery(statuses),
      user__username: z.string().optional(),
      user__email: z.string().optional(),
      search: z.string().optional(),
      ordering: ordering(...participantOrders).meta({ description: "For pages" }),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    answer: {
      status: 200,
      description:
        "A plain list by username; a page, if the request has page or page_size. Empty unless a competition is named",
      schema: z.union([z.array(participantSchema), participantPage]),
    },
    async handle({ context, actor, query }) {
      if (query.competition === undefined) return { status: 200, body: [] };
      const filter = {
        statuses: query.status,
        username: query.user__username,
        email: query.user__email,
        search: query.search,
      };
      const paged = query.format === "json" ? pageWanted(query) : undefined;
      if (paged) {
        const order = orderOf(query.ordering, { field: "username", descending: false });
        const found = await pageOfParticipants(context, actor, query.competition, filter, order, offset(paged));
        const results = found.rows.map(shown);
        const body = page.of(context, "/api/participants/", { ...query, ...paged }, found.count, results);
        return { status: 200, body: { ...body, counts: found.counts } };
      }
      const participants = await participantsOf(context, actor, query.competition, filter);
      return query.format === "csv"
        ? csvAnswer("participants.csv", asCsv(participants))
        : { status: 200, body: participants.map(shown) };
    },
  }),
  route({
    method: "PATCH",
    path: "/api/participants/{id}/",
    summary: "Approve or deny a participant; the participant gets mail if the platform sends mail (organizers)",
    reasonUnder: "error",
    access: "user",
    audited: true,
    params: idParams,
    body: z.object({ status: z.enum(decisions) }),
    answer: { status: 200, description: "The participant", schema: participantSchema },
    async handle({ context, actor, reason, params, body }) {
      const { participant, competition } = await ownParticipant(context, actor, params.id);
      await decideParticipant(context, { actor, reason }, participant, competition, body.status);
      return { status: 200, body: shown({ ...participant, status: body.status }) };
    },
  }),
  route({
    method: "POST",
    path: "/api/participants/decide_many/",
    summary:
      "Approve or deny participants; those who have the status or are not yours to decide on are skipped (organizers)",
    access: "user",
    audited: true,
    body: z.object({ participants: ids, status: z.enum(decisions) }),
    answer: {
      status: 200,
      description: "Whose status changed; refused if nobody's did",
      schema: z.object({ decided: z.array(z.int()), skipped: skippedSchema }),
    },
    async handle({ context, actor, reason, body }) {
      return { status: 200, body: await decideMany(context, { actor, reason }, body.participants, body.status) };
    },
  }),
  route({
    method: "POST",
    path: "/api/participants/{id}/send_email/",
    summary: "Send mail to a participant (organizers)",
    access: "user",
    params: idParams,
    body: message,
    answer: { status: 200, description: "Whether the mail is sent", schema: postedSchema },
    async handle({ context, actor, params, body }) {
      const { participant, competition } = await ownParticipant(context, actor, params.id);
      return { status: 200, body: posted(await writeTo(context, participant, competition, body.message)) };
    },
  }),
  route({
    method: "POST",
    path: "/api/competitions/{id}/email_all_participants/",
    summary: "Send mail to all participants, or to those with some statuses (organizers)",
    access: "user",
    params: idParams,
    body: message.extend({
      status: list(statuses).meta({ description: "One or several statuses; approved if there is none" }),
    }),
    answer: { status: 200, description: "Whether the mail is sent", schema: postedSchema },
    async handle({ context, actor, params, body }) {
      const { competition } = await competitionFor(context, actor, params.id, "competition.participants");
      const to = body.status.length > 0 ? body.status : (["approved"] as const);
      return { status: 200, body: posted(await writeToAll(context, competition, body.message, [...to])) };
    },
  }),
];
