import { bundleError, bundleWarning } from "./bundle-format/problems.ts";
import type { MetadataFile } from "../../jobs/rules/command.ts";
import type { BundleProblem } from "./competition.ts";
import { programFault } from "./program-archive.ts";
import { substitutionsFor } from "./substitutions.ts";

/** What is known of a program without running it. */
export interface Program {
  role: "scoring_program" | "ingestion_program";
  ingestionOnlyDuringScoring: boolean;
  /** Names of its files. */
  names: readonly string[];
  metadata: MetadataFile | null;
  /** Where its folder is in the bundle; empty for a zip. */
  folder: string;
  /** Where the description names it. */
  path: string;
}

/** The tokens that the command of a program may contain. */
export function tokensOf({ role, ingestionOnlyDuringScoring }: Pick<Program, "role" | "ingestionOnlyDuringScoring">) {
  const isScoring = role === "scoring_program";
  const step = isScoring || ingestionOnlyDuringScoring ? "scoring" : "prediction";
  return substitutionsFor(isScoring ? "program" : "ingestion", step, ingestionOnlyDuringScoring);
}

/**
 * Why a program cannot run; null if it can. For a scoring program that is an error. Without its ingestion program a task may still
 * work, so that is a warning.
 */
export function programProblem(program: Program): BundleProblem | null {
  const fault = programFault(program.names, program.metadata, tokensOf(program));
  if (!fault) return null;
  const describe = program.role === "scoring_program" ? bundleError : bundleWarning;
  // In a bundle, the description can name the inner folder.
  const lifted = program.folder === "" ? "" : `${program.folder}/${fault.detail}`;
  return describe(fault.name, program.path, fault.detail, lifted);
}
