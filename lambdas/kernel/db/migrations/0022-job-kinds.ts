/**
 * The execution plane knows no product: jobs have a kind, attempts say whether they outlive their worker, queues have a
 * capacity profile for each step and an upload limit, and only jobs that belong to somebody are in quarantine.
 *
 * Functions of the previous release still run while this is deployed. They read and write the old columns of queues, and do
 * not know the new column of attempts, so triggers keep old and new columns the same. A later release drops the triggers
 * together with queues.prediction_profile, queues.scoring_profile and queues.max_submission_bytes.
 */
export const sql = `
alter table jobs add column kind text not null default 'submission';

alter table attempts add column outlives_worker boolean not null default false;
update attempts set outlives_worker = true where launcher = 'ecs';
alter table attempts alter column outlives_worker drop default;
create function attempts_before_capabilities() returns trigger language plpgsql as $$
begin
  new.outlives_worker := coalesce(new.outlives_worker, new.launcher = 'ecs');
  return new;
end $$;
create trigger attempts_before_capabilities before insert on attempts
  for each row execute function attempts_before_capabilities();

alter table queues
  add column step_profiles jsonb,
  add column max_upload_bytes bigint check (max_upload_bytes > 0),
  alter column prediction_profile drop default,
  alter column scoring_profile drop default;
update queues set
  step_profiles = jsonb_build_object('prediction', prediction_profile, 'scoring', scoring_profile)
  where prediction_profile is not null;
update queues set max_upload_bytes = max_submission_bytes where max_submission_bytes is not null;
create function queues_before_step_profiles() returns trigger language plpgsql as $$
begin
  if (tg_op = 'INSERT' and new.step_profiles is null and new.prediction_profile is not null)
    or (tg_op = 'UPDATE' and new.step_profiles is not distinct from old.step_profiles
      and (new.prediction_profile, new.scoring_profile) is distinct from (old.prediction_profile, old.scoring_profile)) then
    new.step_profiles := case when new.prediction_profile is not null
      then jsonb_build_object('prediction', new.prediction_profile, 'scoring', new.scoring_profile) end;
  else
    new.prediction_profile := new.step_profiles->>'prediction';
    new.scoring_profile := new.step_profiles->>'scoring';
  end if;
  if (tg_op = 'INSERT' and new.max_upload_bytes is null)
    or (tg_op = 'UPDATE' and new.max_upload_bytes is not distinct from old.max_upload_bytes) then
    new.max_upload_bytes := new.max_submission_bytes;
  else
    new.max_submission_bytes := new.max_upload_bytes;
  end if;
  return new;
end $$;
create trigger queues_before_step_profiles before insert or update on queues
  for each row execute function queues_before_step_profiles();

update jobs j set quarantined_when = null
  where quarantined_when is not null
    and not exists (select from submissions s where s.job_id = j.id and not s.is_soft_deleted);
`;
