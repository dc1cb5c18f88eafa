/** Writes a form as the API takes it. */
import { mailsIn } from "../../../lambdas/competitions/rules/whitelist.ts";
import { isSame } from "./same.ts";
import { switches, type Board, type Column, type Form, type Phase, type Question, type Switch } from "./form.ts";

const orNull = (text: string): string | null => (text.trim() === "" ? null : text);
/** A part that is saved keeps its id, and with it what depends on it. */
const idOf = ({ id }: { id?: number | undefined }) => (id === undefined ? {} : { id });

const writePhase = ({ part: _, id, tasks, starting_kit: kit, public_data: data, ...phase }: Phase) => ({
  ...phase,
  ...idOf({ id }),
  description: orNull(phase.description),
  tasks: tasks.map(({ part }) => part),
  starting_kit: kit?.part ?? null,
  public_data: data?.part ?? null,
  // One that says so may be followed by others.
  phase_never_ends: phase.end === null,
});

/** Columns keep their numbers while they are in order; otherwise they are numbered anew. */
function indexesOf(columns: Column[]): number[] {
  const kept: number[] = [];
  for (const { index } of columns) kept.push(index ?? (kept.at(-1) ?? -1) + 1);
  return kept.every((index, at) => at === 0 || index > kept[at - 1]!) ? kept : columns.map((_, at) => at);
}

function writeBoard({ part: _, id, primary, columns, ...board }: Board, at: number) {
  const indexes = indexesOf(columns);
  const indexOf = (part: string) => indexes[columns.findIndex((column) => column.part === part)];
  const { submission_rule: rule, ...rest } = board;
  return {
    ...rest,
    ...idOf({ id }),
    // The first one decides for all.
    ...(at === 0 && { submission_rule: rule }),
    ranking_tasks: board.multi_task_ranking === "chosen_task" ? board.ranking_tasks : [],
    primary_index: indexOf(primary) ?? indexes[0] ?? 0,
    columns: columns.map(({ part: _, id, index: _i, computed_from: from, precision, ...column }, at) => ({
      ...column,
      ...idOf({ id }),
      index: indexes[at]!,
      ...(precision !== null && { precision }),
      computation_indexes: column.computation === null ? null : from.flatMap((part) => indexOf(part) ?? []),
    })),
  };
}

const writeQuestion = ({ part: _, ...question }: Question) => [question.key, question] as const;

/** The whole form as a request. */
export function writeForm(form: Form) {
  const { queue, logo, questions } = form;
  return {
    ...(Object.fromEntries(switches.map((name) => [name, form[name]])) as Record<Switch, boolean>),
    title: form.title,
    description: form.description,
    ...(logo && { logo }),
    competition_type: form.competition_type,
    reward: orNull(form.reward),
    contact_email: orNull(form.contact_email),
    report: orNull(form.report),
    docker_image: orNull(form.docker_image),
    queue: queue?.part ?? null,
    terms: form.terms,
    whitelist_emails: mailsIn([form.whitelist_emails]),
    pages: form.pages.map(({ part: _, id, ...page }, index) => ({ ...page, ...idOf({ id }), index })),
    phases: form.phases.map(writePhase),
    leaderboards: form.leaderboards.map(writeBoard),
    fact_sheet: questions.length > 0 ? Object.fromEntries(questions.map(writeQuestion)) : null,
    collaborators: form.collaborators.map(({ id }) => id),
  };
}

export type Written = ReturnType<typeof writeForm>;

/** What a form changes. Fields that are the same are not in it, so that saving them changes nothing. */
export function changesOf(before: Form, form: Form): Partial<Written> {
  const old = writeForm(before);
  return Object.fromEntries(
    Object.entries(writeForm(form)).filter(([name, value]) => !isSame(value, old[name as keyof Written])),
  );
}
