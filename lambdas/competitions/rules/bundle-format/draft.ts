/** Gathers what is wrong while a bundle is read, so that the organizer gets all of it at once. */
import type { BundleProblem } from "../competition.ts";
import { bundleError, bundleWarning } from "./problems.ts";
import type { ErrorName, WarningName } from "./problems.ts";

/** More problems than these are counted, not listed: nobody mends a thousand before trying again. */
const maxProblems = 100;

export class Draft {
  readonly #problems: BundleProblem[] = [];
  readonly #places = new Map<string, string>();
  #unlisted = 0;
  #failed = false;

  /** Reports an error; the import fails, and reading goes on. */
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

  /** Notes where in the file a part of the description stands, such as `phases[0]`, when that is not its own path. */
  place(described: string, path: string): void {
    if (described !== path) this.#places.set(described, path);
  }

  get places(): ReadonlyMap<string, string> {
    return this.#places;
  }

  /** Whether an error was reported. What was read then holds placeholders and must not be used. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The problems in the order found; a last one tells how many there are beyond these. */
  problems(): BundleProblem[] {
    if (this.#unlisted === 0) return this.#problems;
    const more = String(this.#unlisted);
    return [...this.#problems, this.#failed ? bundleError("BND-99:more", "", more) : bundleWarning("BND-94", "", more)];
  }
}
