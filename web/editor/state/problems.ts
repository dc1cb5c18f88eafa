/** What is wrong with a form, and at which field. */
import type { Form } from "./form.ts";

/** A sentence of the editor's own, or that of the platform. */
export type Reason =
  | { kind: "missing"; what: "text" | "key" | "number" | "date" | "logo" | "task" | "column" | "source" }
  | { kind: "endless" }
  | { kind: "repeated" }
  | { kind: "mails"; mails: string }
  | { kind: "sentence"; sentence: string };

export interface Problem {
  /** The field, as the page names it: `phases[1].name`. */
  path: string;
  reason: Reason;
  /** It can be saved all the same. */
  isWarning?: true;
}

/** The field of the page for a field of the API. */
export function fieldOf(path: string, form: Form, message = ""): string {
  // Shapes of requests write `phases.0.name`.
  if (/\.\d+(\.|$)/.test(path)) return fieldOf(path.replace(/\.(\d+)(?=\.|$)/g, "[$1]"), form, message);
  const question = /^fact_sheet(?:\.([\w-]+)|\["(.*)"\])(.*)$/.exec(path);
  if (question) {
    const at = form.questions.findIndex(({ key }) => key === (question[1] ?? question[2]));
    return at < 0 ? "questions" : `questions[${at}]${question[3] || ".key"}`;
  }
  if (path === "tasks") {
    const at = form.phases.findIndex(({ tasks }) => tasks.some(({ part }) => message.includes(part)));
    return `phases[${Math.max(at, 0)}].tasks`;
  }
  if (path === "fact_sheet") return "questions";
  if (/^phases\[\d+\]$/.test(path)) return `${path}.name`;
  if (/^leaderboards\[\d+\]$/.test(path)) return `${path}.title`;
  return path
    .replace(/\.(tasks|ranking_tasks|computation_indexes)\[\d+\]$/, ".$1")
    .replace(/\.computation_indexes$/, ".computed_from")
    .replace(/(\.columns\[\d+\])\.index$/, "$1.key");
}

/** What the API says of fields that it refused. */
export const problemsOfAnswer = (fields: Record<string, string[]>, form: Form): Problem[] =>
  Object.entries(fields).map(([path, messages]) => {
    const sentence = messages.join(" ");
    return { path: fieldOf(path, form, sentence), reason: { kind: "sentence", sentence } };
  });

/** The value of a field, such as `phases[1].name`. Undefined if there is none. */
export const valueAt = (form: Form, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | null | undefined)?.[step], form);
