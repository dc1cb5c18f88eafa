import type { BundleProblem } from "../lambdas/domain/competition.ts";
import { readBundle } from "./local-bundle.ts";
import type { Options } from "./main.ts";
import { Usage } from "./usage.ts";

/** `benchstack validate`: the report of an upload, without one. True when nothing stops the bundle. */
export async function validateCommand([path, ...more]: string[], { json }: Options): Promise<boolean> {
  if (path === undefined || more.length > 0) throw new Usage("validate takes one bundle.");
  return readBundle(path, async ({ ok, problems }) => {
    if (json) process.stdout.write(`${JSON.stringify({ ok, problems }, null, 2)}\n`);
    else process.stdout.write(report(ok, problems));
    return Promise.resolve(ok);
  });
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;

/** The problems of a bundle as text, errors first, and what follows from them. */
export function report(ok: boolean, problems: BundleProblem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error");
  const warnings = problems.filter((problem) => problem.severity === "warning");
  const lines = [...errors, ...warnings].map(
    ({ severity, code, path, message }) => `${severity} ${code}${path && ` at ${path}`}\n    ${message}\n`,
  );
  const counts = `${count(errors.length, "error")}, ${count(warnings.length, "warning")}`;
  return `${lines.join("")}${ok ? "The bundle is fine" : "The bundle cannot be used"}: ${counts}.\n`;
}
