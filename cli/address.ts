import { UsageError } from "./command.ts";

/**
 * Parses the address of a platform, without a slash at its end. `what` names it in errors, which do not repeat it,
 * because it may hold a password. Throws `UsageError`.
 */
export function platformAddress(what: string, text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.port === "0")
    throw new UsageError(
      `${what} must be the address of a platform, for example https://benchmarks.example.org or http://127.0.0.1:8000.`,
    );
  if (url.username || url.password)
    throw new UsageError(`${what} must not hold a user name or a password. Log in with \`benchstack login URL\`.`);
  if (url.pathname.replaceAll("/", "") !== "" || url.search || url.hash)
    throw new UsageError(`${what} must be the address of the platform alone. Drop the path: ${url.origin}.`);
  return url.origin;
}
