/** Collects the problems found while a bundle is read, so that the organizer gets all of them at once. */
import type { BundleProblem } from "../competition.ts";
import { bundleError, bundleWarning } from "./problems.ts";
import type { ErrorName, WarningName } from "./problems.ts";

/** Problems beyond this number are counted but not listed. */
const maxProblems = 100;

export class Draft {
  readonly #problems: BundleProblem[] = [];
  readonly #places = new Map<string, string>();
  /** How often each warning was reported. */
  readonly #repeats = new Map<string, number>();
  #unlisted = 0;
  #failed = false;

  /** Reports an error. The import fails, but reading continues so that further problems are found. */
  error(name: ErrorName, path: string, detail?: string, limit?: string): void {
    this.#failed = true;
    this.#add(bundleError(name, path, detail, limit));
  }

  /** Reports a warning. One that says the same as an earlier one is only counted. */
  warn(name: WarningName, path: string, detail?: string, limit?: string): void {
    const warning = bundleWarning(name, path, detail, limit);
    const times = this.#repeats.get(warning.message) ?? 0;
    this.#repeats.set(warning.message, times + 1);
    if (times === 0) this.#add(warning);
  }

  #add(problem: BundleProblem): void {
    if (this.#problems.length < maxProblems) this.#problems.push(problem);
    else this.#unlisted += 1;
  }

  /**
   * Records the path in the file of a part of the description (`phases[0]`) if it differs from its path in the
   * description.
   */
  place(described: string, path: string): void {
    if (described !== path) this.#places.set(described, path);
  }

  get places(): ReadonlyMap<string, string> {
    return this.#places;
  }

  /** Whether an error was reported. If so, the description contains placeholders and must not be used. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The problems in the order they were found. If some are not listed, the last one says how many. */
  problems(): BundleProblem[] {
    const problems = this.#problems.map((problem) => {
      const more = (this.#repeats.get(problem.message) ?? 1) - 1;
      return more === 0 ? problem : { ...problem, message: `${problem.message} ${sameElsewhere(more)}` };
    });
    if (this.#unlisted === 0) return problems;
    const more = String(this.#unlisted);
    return [...problems, this.#failed ? bundleError("BND-99:more", "", more) : bundleWarning("BND-94", "", more)];
  }
}

const sameElsewhere = (places: number): string =>
  `The same applies in ${places === 1 ? "another place" : `${places} other places`}.`;
