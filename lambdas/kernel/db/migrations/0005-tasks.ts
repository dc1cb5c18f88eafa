/**
 * Steps that run as ECS tasks: capacity profiles of queues, all requests to run a task (stored before they are sent), and how
 * often another worker continued an attempt.
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
