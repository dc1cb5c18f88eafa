/** Reads what the API says of a competition into a form. */
import type { Competition } from "../../competitions/queries.ts";
import { switches, type Board, type Form, type Phase, type Question, type Switch } from "./form.ts";

const partOf = ({ id }: { id: number }): string => String(id);
const named = (file: { key: string; name: string } | null) => file && { part: file.key, name: file.name };

/** The fields of a competition that its organizers edit. */
export type Editable = Pick<
  Competition,
  | Switch
  | "title"
  | "description"
  | "competition_type"
  | "reward"
  | "contact_email"
  | "report"
  | "docker_image"
  | "queue"
  | "terms"
  | "whitelist_emails"
  | "pages"
  | "phases"
  | "leaderboards"
  | "fact_sheet"
  | "collaborators"
>;

export function readForm(c: Editable): Form {
  return {
    ...(Object.fromEntries(switches.map((name) => [name, c[name]])) as Record<Switch, boolean>),
    title: c.title,
    description: c.description,
    logo: null,
    competition_type: c.competition_type,
    reward: c.reward ?? "",
    contact_email: c.contact_email ?? "",
    report: c.report ?? "",
    docker_image: c.docker_image,
    queue: c.queue && { part: c.queue.id, name: c.queue.name },
    terms: c.terms,
    whitelist_emails: (c.whitelist_emails ?? []).join("\n"),
    pages: c.pages.map(({ id, title, content }) => ({ part: partOf({ id }), id, title, content })),
    phases: c.phases.map(readPhase),
    leaderboards: c.leaderboards.map(readBoard),
    questions: Object.values(c.fact_sheet ?? {}).map(readQuestion),
    collaborators: c.collaborators.map((person) => ({ part: partOf(person), ...person })),
  };
}

const readPhase = (phase: Editable["phases"][number]): Phase => ({
  part: partOf(phase),
  id: phase.id,
  name: phase.name,
  description: phase.description ?? "",
  start: phase.start,
  end: phase.end,
  tasks: phase.tasks.map(({ key, name }) => ({ part: key, name })),
  starting_kit: named(phase.starting_kit),
  public_data: named(phase.public_data),
  max_submissions_per_day: phase.max_submissions_per_day,
  max_submissions_per_person: phase.max_submissions_per_person,
  max_submission_size: phase.max_submission_size,
  execution_time_limit: phase.execution_time_limit,
  auto_migrate_to_this_phase: phase.auto_migrate_to_this_phase,
  accepts_submissions: phase.accepts_submissions,
  blind: phase.blind,
  hide_output: phase.hide_output,
  hide_prediction_output: phase.hide_prediction_output,
  hide_score_output: phase.hide_score_output,
  delete_submissions_except_best_and_last: phase.delete_submissions_except_best_and_last,
});

function readBoard(board: Editable["leaderboards"][number]): Board {
  const byIndex = (index: number) => board.columns.filter((column) => column.index === index).map(partOf);
  return {
    part: partOf(board),
    id: board.id,
    title: board.title,
    key: board.key,
    hidden: board.hidden,
    submission_rule: board.submission_rule,
    multi_task_ranking: board.multi_task_ranking,
    ranking_tasks: board.ranking_tasks,
    primary: byIndex(board.primary_index)[0] ?? "",
    columns: board.columns
      .toSorted((one, other) => one.index - other.index)
      .map((column) => ({
        part: partOf(column),
        id: column.id,
        title: column.title,
        key: column.key,
        index: column.index,
        sorting: column.sorting,
        precision: column.precision,
        hidden: column.hidden,
        computation: column.computation,
        computed_from: (column.computation_indexes ?? []).flatMap((index) => byIndex(Number(index))),
      })),
  };
}

const types = ["checkbox", "text", "select"] as const;
const flag = (value: unknown): string | boolean => (typeof value === "boolean" ? value : String(value ?? "false"));

const readQuestion = (question: NonNullable<Editable["fact_sheet"]>[string]): Question => ({
  part: question.key,
  key: question.key,
  title: question.title,
  type: types.find((type) => type === question["type"]) ?? "text",
  selection: question["selection"] ?? "",
  is_required: flag(question["is_required"]),
  is_on_leaderboard: flag(question["is_on_leaderboard"]),
});
