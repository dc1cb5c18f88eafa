/**
 * Steps that run as tasks of a cluster: capacity profiles of queues, every request to run a task (stored before it is
 * sent), and how often an attempt went from one worker to the next.
 */
export const sql = `
alter table queues
  add column prediction_profile text not null default 'standard',
  add column scoring_profile text not null default 'standard';
alter table attempts add column resumed integer not null default 0;
create table launches (
  attempt_id uuid not null references attempts on delete cascade,
  step text not null,
  number integer not null,
  request jsonb not null,
  task_arn text,
  stopped jsonb,
  created_when timestamptz not null default now(),
  primary key (attempt_id, step, number)
);
`;
