import * as z from "zod";
import { submissionStatuses } from "../../rules/submission-status.ts";
import { serverStatus } from "../../service/server-status.ts";
import { boolean, severalInQuery, uuid } from "../../../http/fields.ts";
import { offset, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";

const statusSchema = z
  .object({
    id: z.int(),
    parent: z.int().nullable(),
    competition: z.int(),
    competition_title: z.string(),
    phase: z.int(),
    phase_name: z.string(),
    owner: z.string().nullable().meta({ description: "Null if you may not know it: the leaderboard is anonymous" }),
    status: z.enum(submissionStatuses),
    created_when: z.date(),
    started_when: z.date().nullable(),
    finished_when: z.date().nullable(),
    file_size: z.number().nullable(),
    queue: z.string().nullable().meta({ description: "Its name. Null if nothing of it runs" }),
    host: z.string().nullable().meta({ description: "The machine that runs it, or ran it last" }),
    permissions: z
      .object({ view: z.boolean() })
      .meta({ description: "Whether you may open the submission. Who runs a queue sees only that it waits or runs" }),
  })
  .meta({ id: "ServerStatus" });

export const serverStatusRoute = route({
  method: "GET",
  path: "/api/server_status/",
  summary:
    "Submissions and where they run: your own, those to your competitions and those to competitions on your queues; all for superusers",
  access: "user",
  query: pageQuery(50).extend({
    status: severalInQuery(z.enum(submissionStatuses)),
    queue: uuid.optional(),
    host: z.string().max(253).optional(),
    show_child_submissions: boolean.default(false),
  }),
  answer: { status: 200, description: "A page of submissions, the latest first", schema: page(statusSchema) },
  async handle({ context, actor, query }) {
    const filter = {
      statuses: query.status,
      queue: query.queue,
      host: query.host,
      withChildren: query.show_child_submissions,
    };
    const { count, rows } = await serverStatus(context, actor, filter, offset(query));
    const shown = rows.map(({ is_yours: view, ...row }) => ({ ...row, permissions: { view } }));
    return { status: 200, body: page.of(context, "/api/server_status/", query, count, shown) };
  },
});
