import { styleText } from "node:util";
import type { BundleProblem } from "../lambdas/competitions/rules/competition.ts";

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;

/** Formats the problems of a bundle, errors first, and a summary line. */
export function report(ok: boolean, problems: BundleProblem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error");
  const warnings = problems.filter((problem) => problem.severity === "warning");
  const lines = [...errors, ...warnings].map(
    ({ severity, code, path, message }) =>
      `${styleText(severity === "error" ? "red" : "yellow", severity, { validateStream: false })} ${code}${path && ` at ${path}`}\n    ${message}\n`,
  );
  const counts = `${count(errors.length, "error")}, ${count(warnings.length, "warning")}`;
  return `${lines.join("")}${ok ? "The bundle is valid" : "The bundle is not valid"}: ${counts}.\n`;
}
