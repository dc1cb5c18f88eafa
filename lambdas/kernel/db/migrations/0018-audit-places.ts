/**
 * Audit events of queues, organizations and the platform, besides those of competitions. An event belongs to one of these, or
 * to the platform if it names none. Rows stay when the place is deleted, so they have no foreign key.
 */
export const sql = `
alter table audit_events
  alter column competition_id drop not null,
  add column queue_id uuid,
  add column organization_id integer,
  add check (num_nonnulls(competition_id, queue_id, organization_id) <= 1);
create index audit_events_queue on audit_events (queue_id, id) where queue_id is not null;
create index audit_events_organization on audit_events (organization_id, id) where organization_id is not null;
create index audit_events_platform on audit_events (id) where num_nonnulls(competition_id, queue_id, organization_id) = 0;
`;
