/** Which runs count, where a submission is ranked and its scores are computed. */
import { sql, type RawBuilder } from "kysely";

/**
 * Whether a single submission or child counts: its phase has its task, and of several children on one task it is the last
 * that is Finished, or else the last. `run` is the alias of its row.
 */
export const isCounted = (run: string): RawBuilder<boolean> => {
  const at = sql.raw(run);
  return sql<boolean>`(
    exists (select from phase_tasks pt where pt.phase_id = ${at}.phase_id and pt.task_id = ${at}.task_id)
    and not exists (select from submissions twin
      where twin.parent_id = ${at}.parent_id and twin.task_id = ${at}.task_id
        and (twin.status = 'Finished', twin.id) > (${at}.status = 'Finished', ${at}.id)))`;
};

/** The runs of a parent or single submission that count, as an array of ids. `submission` is the alias of its row. */
export const countedRuns = (submission: string): RawBuilder<number[]> => {
  const at = sql.raw(submission);
  return sql<number[]>`array(
    select run.id from submissions run
    where case when ${at}.has_children then run.parent_id else run.id end = ${at}.id and ${isCounted("run")}
    order by run.id)`;
};
