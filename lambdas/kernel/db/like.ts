/** An `ilike` pattern that matches texts containing `text`. Wildcards in `text` are escaped. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
