import * as z from "zod";
import { auditKindNames, auditSubjects, type AuditPlace } from "../rules/audit.ts";
import type { UserActor } from "../../policy/policy.ts";
import { readAuditTrail, type AuditEventRow } from "../service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import { csv, csvAnswer } from "../../http/csv.ts";
import { integer } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";

/** A table has no pages, so it ends after so many of the newest; `before` goes on from there. */
const maxInTable = 10_000;

const fields = z.record(z.string(), z.unknown()).nullable();

const auditEventSchema = z
  .object({
    id: z.int(),
    created_when: z.iso.datetime(),
    actor: z
      .object({ id: z.int(), username: z.string() })
      .nullable()
      .meta({ description: "Null is the platform itself" }),
    kind: z.enum(auditKindNames),
    subject: z.object({ kind: z.enum(auditSubjects), id: z.string() }),
    before: fields.meta({ description: "The fields that changed, as they were; null for what is new" }),
    after: fields.meta({ description: "The same as they are; null for what is gone" }),
    reason: z.string().nullable(),
  })
  .meta({ id: "AuditEvent" });

const shown = ({
  id,
  created_when,
  actor_id,
  actor,
  kind,
  subject_kind,
  subject_id,
  before,
  after,
  reason,
}: AuditEventRow) => ({
  id,
  created_when,
  actor: actor_id === null ? null : { id: actor_id, username: actor },
  kind,
  subject: { kind: subject_kind, id: subject_id },
  before,
  after,
  reason,
});

const columns = ["id", "created_when", "actor", "kind", "subject", "subject_id", "before", "after", "reason"];
const text = (fields: unknown) => (fields === null ? null : JSON.stringify(fields));
const tableRow = (event: AuditEventRow) => [
  event.id,
  event.created_when.toISOString(),
  event.actor,
  event.kind,
  event.subject_kind,
  event.subject_id,
  text(event.before),
  text(event.after),
  event.reason,
];

interface Audited<P extends z.ZodObject> {
  /** Of what the trail is; `{id}` in it is its id. */
  path: string;
  what: string;
  /** Who may read it. */
  who: string;
  params: P;
  place: (params: z.output<P>) => AuditPlace;
  /** Refuses whoever may not read it. */
  requireReader: (context: Context, actor: UserActor, params: z.output<P>) => Promise<unknown>;
}

/** The route at which the audit trail of something is read. */
export function auditRoute<P extends z.ZodObject>(of: Audited<P>) {
  return route({
    method: "GET",
    path: `${of.path}audit/`,
    summary: `Who changed what of ${of.what}, and why, newest first; with format=csv as a table of the newest ${maxInTable} (${of.who})`,
    access: "user",
    params: of.params,
    query: pageQuery(50).extend({
      kind: z.enum(auditKindNames).optional(),
      subject: z.enum(auditSubjects).optional(),
      subject_id: z.string().max(40).optional(),
      actor: integer.optional().meta({ description: "Id of a user" }),
      before: integer.optional().meta({ description: "Id of an event: only what came before it" }),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    answer: { status: 200, description: "A page of events", schema: page(auditEventSchema) },
    async handle({ context, actor, params, query }) {
      const named = params as z.output<P>;
      const place = of.place(named);
      const requireReader = () => of.requireReader(context, actor, named);
      const filter = {
        kind: query.kind,
        subject: query.subject,
        subjectId: query.subject_id,
        actor: query.actor,
        before: query.before,
      };
      const isTable = query.format === "csv";
      const part = isTable ? { offset: 0, limit: maxInTable } : offset(query);
      const { count, events } = await readAuditTrail(context, actor, place, requireReader, filter, part);
      const name = String(params.id ?? "platform");
      if (isTable) return csvAnswer(`audit-${name}.csv`, csv([columns, ...events.map(tableRow)]));
      const path = `${of.path.replace("{id}", name)}audit/`;
      return { status: 200, body: page.of(context, path, query, count, events.map(shown)) };
    },
  });
}
