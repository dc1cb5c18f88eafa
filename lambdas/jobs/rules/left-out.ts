/** Which files of a step its output archive leaves out. */

/**
 * Returns whether some patterns leave out a path. A pattern leaves out what it matches and everything below. `*` stands for any
 * characters, `?` for one, `[…]` for one of some. A pattern that begins with `/` is for the whole path; any other also matches
 * from each later folder or name on, as in `tar --exclude`.
 */
export function leftOut(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.filter((pattern) => pattern !== "" && pattern !== "/").map(expressionOf);
  return (path) => expressions.some((expression) => expression.test(path));
}

const special = /[\\^$.*+?()[\]{}|]/g;

function expressionOf(pattern: string): RegExp {
  const isWhole = pattern.startsWith("/");
  const body = pattern.slice(isWhole ? 1 : 0).replace(/\/+$/, "");
  const source = body.replace(
    /\[(!?)([^\]/]+)\]|[^]/gu,
    (part: string, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return setOf(set, not !== "");
      if (part === "*") return ".*";
      return part === "?" ? "." : part.replace(special, "\\$&");
    },
  );
  return new RegExp(`^${isWhole ? "" : "(?:.*/)?"}${source}(?:/.*)?$`, "su");
}

/** Characters and ranges like `a-z`. A range that ends before it begins has none. */
function setOf(set: string, isNegated: boolean): string {
  const parts = [...set.matchAll(/([^])-([^])|[^]/gu)].flatMap(([part, first, last]) => {
    if (first === undefined || last === undefined) return part.replace(special, "\\$&").replace("-", "\\-");
    const quoted = [first, last].map((end) => end.replace(special, "\\$&").replace("-", "\\-"));
    return first.codePointAt(0)! <= last.codePointAt(0)! ? quoted.join("-") : [];
  });
  return `[${isNegated ? "^" : ""}${parts.join("")}]`;
}
