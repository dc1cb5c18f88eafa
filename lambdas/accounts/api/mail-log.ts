import * as z from "zod";
import { listMails, mailStatuses, retryMail } from "../service/mail-log.ts";
import { integer } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";

const mailSchema = z
  .object({
    id: z.int(),
    recipients: z.array(z.string()),
    blind_copies: z.array(z.string()),
    subject: z.string(),
    status: z.enum(mailStatuses).meta({ description: "`kept` mail is not sent: the platform sent none at that time" }),
    problem: z.string().nullable().meta({ description: "Why it was not sent at the last try" }),
    created_when: z.date(),
    sent_when: z.date().nullable(),
    is_secret: z.boolean().meta({ description: "Whether it has a link that acts for its reader" }),
    can_retry: z.boolean(),
  })
  .meta({ id: "Mail" });

export const mailLogRoutes = [
  route({
    method: "GET",
    path: "/api/mails/",
    summary: "Mail that the platform wrote, the latest first, without its text (superusers)",
    access: "user",
    query: pageQuery(50).extend({
      status: z.enum(mailStatuses).optional(),
      recipient: z.string().max(254).optional().meta({ description: "A whole mail address" }),
    }),
    answer: {
      status: 200,
      description: "A page of mail, and how many there are by status, whatever status is asked for",
      schema: page(mailSchema).extend({ counts: z.partialRecord(z.enum(mailStatuses), z.int()) }),
    },
    async handle({ context, actor, query }) {
      const filter = { status: query.status, recipient: query.recipient };
      const { count, rows, counts } = await listMails(context, actor, filter, offset(query));
      return { status: 200, body: { ...page.of(context, "/api/mails/", query, count, rows), counts } };
    },
  }),
  route({
    method: "POST",
    path: "/api/mails/{id}/retry/",
    summary: "Send mail again that failed or was kept, or that was sent and has no secret link (superusers)",
    access: "user",
    audited: true,
    params: z.object({ id: integer }),
    answer: { status: 202, description: "It is on its way", schema: z.object({ status: z.literal("waiting") }) },
    async handle({ context, actor, reason, params }) {
      await retryMail(context, { actor, reason }, params.id);
      return { status: 202, body: { status: "waiting" } };
    },
  }),
];
