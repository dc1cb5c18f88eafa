/** Specs: how people name bundles and worksheets. */
import { LanguageProblem } from "./problem.ts";

export const uuidPattern = /^0x[0-9a-f]{32}$/;
const prefixPattern = /^0x[0-9a-f]{1,31}$/;
const namePattern = /^[a-zA-Z_][a-zA-Z0-9_.-]*$/;
const bundleNamePattern = /^[%*a-zA-Z0-9_.-]+$/;

/** Whether something may be called so. */
export const isName = (text: string): boolean => namePattern.test(text);

/** Refuses what may not be a name. */
export function checkName(text: string): void {
  if (!isName(text))
    throw new LanguageProblem(
      `Invalid name '${text}'. Name must start with a letter or underscore and can only contain letters, digits, underscores, periods, and dashes.`,
    );
}

/** What a spec of a worksheet names. */
export type WorksheetSpec =
  | { kind: "uuid"; uuid: string }
  | { kind: "prefix"; prefix: string }
  | { kind: "name"; name: string }
  /** The home worksheet of whoever asks. */
  | { kind: "home" };

/** Reads a spec of a worksheet: a uuid, the beginning of one, a name, or `/` for one's own home worksheet. */
export function readWorksheetSpec(text: string): WorksheetSpec {
  const spec = text.trim();
  if (spec === "" || spec === "/") return { kind: "home" };
  if (uuidPattern.test(spec)) return { kind: "uuid", uuid: spec };
  if (prefixPattern.test(spec)) return { kind: "prefix", prefix: spec };
  checkName(spec);
  return { kind: "name", name: spec };
}

/** What a spec of a bundle names. */
export type BundleSpec = {
  /** Where names and positions are looked up, if the spec says so. */
  worksheet: WorksheetSpec | null;
} & (
  | { kind: "uuid"; uuid: string }
  | { kind: "prefix"; prefix: string }
  /** The bundle at a position from the end, of all on the worksheet or of those with this name; 1 is the last. */
  | { kind: "position"; name: NameMatch | null; position: number }
);

/** A name, or a pattern in which `%` stands for any text. */
export interface NameMatch {
  text: string;
  isPattern: boolean;
}

/**
 * Reads a spec of a bundle: a uuid, the beginning of one, a name, a name pattern, `^3` for the third last bundle of the
 * worksheet, or `name^3`; with `worksheet/` or `worksheet//` before it to look on another worksheet.
 */
export function readBundleSpec(text: string): BundleSpec {
  const [, place, spec = ""] = /^(?:([^/]*)\/\/?)?(.*)$/s.exec(text.trim()) ?? [];
  if (text.trim() === "") throw new LanguageProblem("Tried to expand empty bundle_spec!");
  const worksheet = place === undefined ? null : readWorksheetSpec(place);
  if (uuidPattern.test(spec)) return { worksheet, kind: "uuid", uuid: spec };
  if (prefixPattern.test(spec)) return { worksheet, kind: "prefix", prefix: spec };
  const [, name, history, digits] = /^([^^]*)(\^(\d*))?$/.exec(spec) ?? [];
  if (name === undefined || (name === "" ? history === undefined : !bundleNamePattern.test(name)))
    throw new LanguageProblem(`Invalid bundle_spec: ${text.trim()}`);
  return { worksheet, kind: "position", name: name === "" ? null : nameMatch(name), position: positionOf(digits) };
}

const positionOf = (digits: string | undefined): number => (digits ? Math.min(Number(digits), 2 ** 31 - 1) : 1);

/** `.*` of regular expressions means `%`. */
function nameMatch(name: string): NameMatch {
  const text = name.replaceAll(".*", "%");
  return { text, isPattern: text.includes("%") };
}

/**
 * Refuses keys of dependencies that cannot stand beside each other: the same one twice, one within another, or an empty
 * one beside others.
 */
export function checkDependencyKeys(keys: readonly string[]): void {
  const paths = keys.map((key) => {
    const parts = key.split("/").filter((part) => part !== "" && part !== ".");
    return key.startsWith("/") ? ["", ...parts] : parts;
  });
  if (keys.length > 1 && keys.includes("")) throw new LanguageProblem("Only a single dependency may have an empty key");
  const sorted = paths.toSorted((a, b) => (a.join("\0") < b.join("\0") ? -1 : 1));
  sorted.slice(1).forEach((path, index) => {
    const before = sorted[index]!;
    if (before.length === 0) return;
    if (!before.every((part, at) => part === path[at])) return;
    const [outer, inner] = [before.join("/"), path.join("/")];
    throw new LanguageProblem(
      outer === inner
        ? `Two dependencies have the key ${outer}`
        : `The dependency key ${outer} must not be an ancestor of the dependency key ${inner}`,
    );
  });
}
