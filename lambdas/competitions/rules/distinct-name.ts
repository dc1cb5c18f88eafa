/**
 * How a person reads which of several things is meant: by its title, followed by its key or id if others have the same
 * title.
 */
export const distinctName = (title: string, key: string | number, titles: readonly string[], space = " "): string =>
  titles.filter((other) => other === title).length > 1 ? `${title}${space}(${key})` : title;
