import { parseForm, type CompetitionForm, type ReadForm } from "../rules/competition-form.ts";
import { Refusal } from "../../kernel/refusal.ts";

/** Reads a form by the rules of bundles. Throws a Refusal with all errors by field. */
export function readForm(form: CompetitionForm): ReadForm {
  const result = parseForm(form);
  if (result.ok) return result.form;
  const fields: Record<string, string[]> = {};
  for (const { path, severity, message } of result.problems)
    if (severity === "error") (fields[path] ??= []).push(message);
  const [name, messages] = Object.entries(fields)[0]!;
  throw new Refusal("invalid", "INVALID", `${name}: ${messages[0]}`, fields);
}
