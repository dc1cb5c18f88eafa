/** Collects the problems found while a bundle is read, so that the organizer gets all of them at once. */
import type { BundleProblem } from "../competition.ts";
import { bundleError, bundleWarning } from "./problems.ts";
import type { ErrorName, WarningName } from "./problems.ts";

/** Problems beyond this number are counted but not listed. */
const maxProblems = 100;

export class Draft {
  readonly #problems: BundleProblem[] = [];
  readonly #places = new Map<string, string>();
  #unlisted = 0;
  #failed = false;

  /** Reports an error. The import fails, but reading continues so that further problems are found. */
  error(name: ErrorName, path: string, detail?: string, limit?: string): void {
    this.#failed = true;
    this.#add(bundleError(name, path, detail, limit));
  }

  warn(name: WarningName, path: string, detail?: string, limit?: string): void {
    this.#add(bundleWarning(name, path, detail, limit));
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
    if (this.#unlisted === 0) return this.#problems;
    const more = String(this.#unlisted);
    return [...this.#problems, this.#failed ? bundleError("BND-99:more", "", more) : bundleWarning("BND-94", "", more)];
  }
}
