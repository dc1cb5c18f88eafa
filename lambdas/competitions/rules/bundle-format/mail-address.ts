/** One @ between a name and a domain that contains a dot. Only a mail can show whether the address exists. */
const pattern = /^[^\s@"(),:;<>[\\\]]+@(?:localhost|[^\s@.]+(?:\.[^\s@.]+)+)$/;

/** Maximum length of a mail address in characters. */
export const maxMailAddressLength = 256;

export const isMailAddress = (text: string): boolean => pattern.test(text);
