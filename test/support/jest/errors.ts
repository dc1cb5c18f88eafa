/** The message of an error, with the difference for assertions, and its stack lines in this project. */
export function describeError(error: unknown): string {
  const { message, stack = message, cause } = isErrorLike(error) ? error : new Error(`thrown: ${String(error)}`);
  const own = stack
    .split("\n")
    .filter((line) => !/^\s+at /.test(line) || !/node:|node_modules|support\/jest|<anonymous>\)$/.test(line));
  const because = cause === undefined ? "" : `\nbecause of ${describeError(cause)}`;
  const text = own.join("\n").replace(/\n{3,}/g, "\n\n");
  return text.trimEnd() + because;
}

/** Jest turns failed assertions into plain objects. */
const isErrorLike = (error: unknown): error is Error =>
  typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
