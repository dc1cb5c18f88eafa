/**
 * Warnings of submissions have a code and name the step they are about. Functions of the previous release read and write
 * submissions.warnings, which a later release drops. Competitions know whether the folder around a program is removed.
 */
export const sql = `
alter table submissions add column warning_details jsonb not null default '[]';
update submissions set warning_details = (
    select jsonb_agg(jsonb_build_object('code', 'SCORE_INVALID', 'message', message, 'step', 'scoring'))
    from unnest(warnings) as message)
  where warnings <> '{}';
alter table competitions add column lift_top_folders boolean not null default false;
`;
