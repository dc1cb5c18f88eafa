/** One @ between a name and a domain with a dot: whether anyone can be reached there only a mail can tell. */
const pattern = /^[^\s@"(),:;<>[\\\]]+@(?:localhost|[^\s@.]+(?:\.[^\s@.]+)+)$/;

/** The longest mail address that is kept. */
export const maxMailAddressLength = 256;

export const isMailAddress = (text: string): boolean => pattern.test(text);
