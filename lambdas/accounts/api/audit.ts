// The route that reads an audit trail, for every kind of thing that has one.
import * as z from "zod";
import { auditKindNames, auditSubjects, type AuditPlace } from "../rules/audit.ts";
import type { UserActor } from "../../policy/policy.ts";
import { readAuditTrail, readWholeAuditTrail, type AuditEventRow } from "../service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import { csv, csvAnswer } from "../../http/csv.ts";
import { instant, integer } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";

/** A CSV table has no pages, so it contains only this many of the newest events. `before` gets older ones. */
const maxInTable = 10_000;

const fields = z.record(z.string(), z.unknown()).nullable();

export const auditEventSchema = z
  .object({
    id: z.int(),
    created_when: z.iso.datetime(),
    actor: z
      .object({ id: z.int(), username: z.string() })
      .nullable()
      .meta({ description: "Null for the platform itself" }),
    impersonated_by: z
      .object({ id: z.int(), username: z.string() })
      .nullable()
      .meta({ description: "The administrator who acted as the actor" }),
    kind: z.enum(auditKindNames),
    subject: z.object({ kind: z.enum(auditSubjects), id: z.string() }),
    before: fields.meta({ description: "The old values of the changed fields; null for a new object" }),
    after: fields.meta({ description: "The new values of the changed fields; null for a deleted object" }),
    reason: z.string().nullable(),
  })
  .meta({ id: "AuditEvent" });

/** What people see of an event. */
export const shownEvent = ({
  id,
  created_when,
  actor_id,
  actor,
  impersonator_id,
  impersonator,
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
  impersonated_by: impersonator_id === null ? null : { id: impersonator_id, username: impersonator },
  kind,
  subject: { kind: subject_kind, id: subject_id },
  before,
  after,
  reason,
});

const placedEventSchema = auditEventSchema
  .extend({
    competition: z.int().nullable().meta({ description: "The competition, queue or organization with this event" }),
    queue: z.string().nullable(),
    organization: z.int().nullable(),
  })
  .meta({ id: "PlacedAuditEvent" });

const shownWithPlace = (event: AuditEventRow) => ({
  ...shownEvent(event),
  competition: event.competition_id,
  queue: event.queue_id,
  organization: event.organization_id,
});

const columns = [
  ...["id", "created_when", "actor", "kind", "subject", "subject_id", "before", "after", "reason"],
  "impersonated_by",
];
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
  event.impersonator,
];

const trailQuery = pageQuery(50).extend({
  kind: z.enum(auditKindNames).optional(),
  subject: z.enum(auditSubjects).optional(),
  subject_id: z.string().max(260).optional(),
  actor: integer.optional().meta({ description: "Id of a user" }),
  username: z.string().max(254).optional(),
  since: instant.optional(),
  until: instant.optional(),
  search: z.string().max(260).optional().meta({ description: "A text in the values, the reason or the subject's id" }),
  before: integer.optional().meta({ description: "Id of an event: return only older events" }),
  format: z.enum(["json", "csv"]).default("json"),
});

function filterOf({
  page: _,
  page_size: __,
  format: ___,
  subject_id: subjectId,
  ...filter
}: z.output<typeof trailQuery>) {
  return { ...filter, subjectId };
}

/** The part of a trail that a request wants: a page, or a table. */
const partOf = (query: z.output<typeof trailQuery>) =>
  query.format === "csv" ? { offset: 0, limit: maxInTable } : offset(query);

/** The query as it stands in the links of a page. */
const linked = ({ since, until, ...query }: z.output<typeof trailQuery>) => ({
  ...query,
  since: since?.toISOString(),
  until: until?.toISOString(),
});

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
    query: trailQuery,
    answer: { status: 200, description: "A page of events", schema: page(auditEventSchema) },
    async handle({ context, actor, params, query }) {
      const named = params as z.output<P>;
      const place = of.place(named);
      const requireReader = () => of.requireReader(context, actor, named);
      const { count, events } = await readAuditTrail(
        context,
        actor,
        place,
        requireReader,
        filterOf(query),
        partOf(query),
      );
      const name = String(params.id ?? "platform");
      if (query.format === "csv") return csvAnswer(`audit-${name}.csv`, csv([columns, ...events.map(tableRow)]));
      const path = `${of.path.replace("{id}", name)}audit/`;
      return { status: 200, body: page.of(context, path, linked(query), count, events.map(shownEvent)) };
    },
  });
}

const placedColumns = [...columns, "competition", "queue", "organization"];
const placedRow = (event: AuditEventRow) => [
  ...tableRow(event),
  event.competition_id,
  event.queue_id,
  event.organization_id,
];

export const wholeAuditRoute = route({
  method: "GET",
  path: "/api/audit/all/",
  summary: `The audit trails of everything at once, newest first. format=csv gives a table of the newest ${maxInTable} (superusers)`,
  access: "user",
  query: trailQuery,
  answer: { status: 200, description: "A page of events", schema: page(placedEventSchema) },
  async handle({ context, actor, query }) {
    const { count, events } = await readWholeAuditTrail(context, actor, filterOf(query), partOf(query));
    if (query.format === "csv") return csvAnswer("audit.csv", csv([placedColumns, ...events.map(placedRow)]));
    const results = events.map(shownWithPlace);
    return { status: 200, body: page.of(context, "/api/audit/all/", linked(query), count, results) };
  },
});
