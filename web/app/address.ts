/** Links from a page to itself. What is chosen on it stands in its address. */

type Search = Record<string, unknown>;

/** The same page with other values, from its first part on. */
export const changed = (values: Search) => ({
  to: ".",
  search: (before: Search) => ({ ...before, page: undefined, ...values }),
});

/** The same page without filters. */
export const cleared = { to: ".", search: ({ secret_key }: { secret_key?: string | undefined }) => ({ secret_key }) };
