/** Which headers of HTTP pass between somebody and the program of a run. All others are left out. */

/** Nothing of them tells the program who asks: no cookie, no login, no address. */
const toProgram = new Set([
  "accept",
  "accept-language",
  "cache-control",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "range",
  "user-agent",
  "x-requested-with",
]);

/** Nothing of them acts on the platform's own address: no cookie, no policy, no demand for a login. */
const fromProgram = new Set([
  "accept-ranges",
  "allow",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-range",
  "content-type",
  "etag",
  "last-modified",
  "location",
  "retry-after",
]);

const only = (names: ReadonlySet<string>, headers: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      return names.has(lower) && value !== undefined && isSendable(value) ? [[lower, value] as const] : [];
    }),
  );

/** What programs of HTTP accept as the value of a header. */
const isSendable = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

/** The headers of a request that the program gets. */
export const headersToProgram = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  only(toProgram, headers);

/**
 * The headers of the answer, so that a page of the program cannot act as one of the platform. `base` is the path under which the
 * platform passes requests on.
 */
export function headersFromProgram(
  { location, ...headers }: Readonly<Record<string, string>>,
  base: string,
): Record<string, string> {
  return {
    "content-type": "application/octet-stream",
    ...only(fromProgram, { ...headers, location: location && withinBase(location, base) }),
    "content-security-policy": "sandbox",
    "cache-control": "no-store",
  };
}

/** A redirect of the program leads to the program, and nowhere else. Undefined if it does not. */
function withinBase(location: string, base: string): string | undefined {
  const address = "http://localhost";
  if (!/^\/(?!\/)/.test(location) || !URL.canParse(location, address)) return undefined;
  const { origin, pathname, search } = new URL(location, address);
  return origin === address ? `${base}${pathname}${search}` : undefined;
}
