/** Checks a form by the rules of the platform. They are large, so the page loads them beside itself. */
import { parseForm } from "../../../lambdas/competitions/rules/competition-form.ts";
import type { BundleProblem } from "../../../lambdas/competitions/rules/competition.ts";
import { notMails } from "../../../lambdas/competitions/rules/whitelist.ts";
import type { Form } from "./form.ts";
import { fieldOf, valueAt, type Problem, type Reason } from "./problems.ts";
import { sectionOf, sections } from "./sections.ts";
import { writeForm } from "./write.ts";

/** Warnings of bundles that a form can have, too: a phase that is never open, and a question without choices. */
const warnings = ["BND-47", "BND-55"];

/** Everything that the platform would refuse, as far as the page can know it, in the order of the sections. */
export function problemsOf(form: Form, isNew: boolean): Problem[] {
  const result = parseForm({ ...writeForm(form), logo: undefined } as Parameters<typeof parseForm>[0]);
  const found = result.problems.filter(({ severity, code }) => severity === "error" || warnings.includes(code));
  const all = [...found.map((problem) => shown(problem, form)), ...ownProblems(form, isNew)];
  const place = ({ path }: Problem) => sections.indexOf(sectionOf(path));
  return all.sort((one, other) => place(one) - place(other));
}

function ownProblems(form: Form, isNew: boolean): Problem[] {
  const missing = (path: string, what: (Reason & { kind: "missing" })["what"]): Problem => ({
    path,
    reason: { kind: "missing", what },
  });
  const wrong = notMails(writeForm(form).whitelist_emails);
  return [
    ...(isNew && form.logo === null ? [missing("logo", "logo")] : []),
    ...(wrong.length > 0
      ? [{ path: "whitelist_emails", reason: { kind: "mails" as const, mails: wrong.join(", ") } }]
      : []),
    ...form.leaderboards.flatMap(({ columns }, board) =>
      columns.flatMap(({ precision }, at) =>
        precision === null ? [missing(`leaderboards[${board}].columns[${at}].precision`, "number")] : [],
      ),
    ),
    ...form.questions.flatMap(({ key }, at): Problem[] => {
      const path = `questions[${at}].key`;
      if (key.trim() === "") return [missing(path, "key")];
      const isRepeated = form.questions.some((other, place) => place < at && other.key === key);
      return isRepeated ? [{ path, reason: { kind: "repeated" } }] : [];
    }),
  ];
}

function shown({ code, path, message }: BundleProblem, form: Form): Problem {
  const missing = (at: string, what: (Reason & { kind: "missing" })["what"]): Problem => ({
    path: at,
    reason: { kind: "missing", what },
  });
  const field = fieldOf(path, form, message);
  const sentence = { kind: "sentence" as const, sentence: message };
  if (code === "BND-47") return { path: `${path}.end`, reason: sentence, isWarning: true };
  if (code === "BND-55") return { path: field, reason: sentence, isWarning: true };
  if (code === "BND-43") return missing(`${path}.tasks`, "task");
  if (code === "BND-42") return { path: `${path}.end`, reason: { kind: "endless" } };
  if (code === "BND-62") return missing(field, "column");
  if (code === "BND-65") return missing(field.replace(/computation$/, "computed_from"), "source");
  if (code === "BND-20" && / is empty\. /.test(message)) return missing(field, "text");
  if (/\.(start|end)$/.test(field) && valueAt(form, field) === "") return missing(field, "date");
  return { path: field, reason: sentence };
}
