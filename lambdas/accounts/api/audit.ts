// The route that reads an audit trail, for every kind of thing that has one.
import * as z from "zod";
import { auditKindNames, auditSubjects, type AuditPlace } from "../rules/audit.ts";
import type { UserActor } from "../../policy/policy.ts";
import { readAuditTrail, type AuditEventRow } from "../service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import { csv, csvAnswer } from "../../http/csv.ts";
import { integer } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";

/** A CSV table has no pages, so it contains only this many of the newest events. `before` gets older ones. */
const maxInTable = 10_000;

const fields = z.record(z.string(), z.unknown()).nullable();

const auditEventSchema = z
  .object({
    id: z.int(),
    created_when: z.iso.datetime(),
    actor: z
      .object({ id: z.int(), username: z.string() })
      .nullable()
      .meta({ description: "Null for the platform itself" }),
    kind: z.enum(auditKindNames),
    subject: z.object({ kind: z.enum(auditSubjects), id: z.string() }),
    before: fields.meta({ description: "The old values of the changed fields; null for a new object" }),
    after: fields.meta({ description: "The new values of the changed fields; null for a deleted object" }),
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
  /** The path of the audited object; `{id}` stands for its id. */
  path: string;
  what: string;
  /** Who may read it. */
  who: string;
  params: P;
  place: (params: z.output<P>) => AuditPlace;
  /** Refuses actors who may not read it. */
  requireReader: (context: Context, actor: UserActor, params: z.output<P>) => Promise<unknown>;
}

/** Makes the route that reads the audit trail of one kind of object. */
export function auditRoute<P extends z.ZodObject>(of: Audited<P>) {
  return route({
    method: "GET",
    path: `${of.path}audit/`,
    summary: `Audit trail of ${of.what}: who changed what, and why, newest first. format=csv gives a table of the newest ${maxInTable} (${of.who})`,
    access: "user",
    params: of.params,
    query: pageQuery(50).extend({
      kind: z.enum(auditKindNames).optional(),
      subject: z.enum(auditSubjects).optional(),
      subject_id: z.string().max(260).optional(),
      actor: integer.optional().meta({ description: "Id of a user" }),
      before: integer.optional().meta({ description: "Id of an event: return only older events" }),
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
