/** The pattern for `ilike` of texts that hold this one, whatever characters it is made of. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
