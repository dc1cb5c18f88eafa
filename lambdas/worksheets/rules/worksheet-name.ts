/** Names of worksheets that mean something. */

const homePrefix = "home-";

/** The name of a person's home worksheet. */
export const homeOf = (username: string): string => `${homePrefix}${username}`;

/** Whether only the person with this name may have a worksheet of that name. */
export const isSomebodysHome = (name: string): boolean => name.startsWith(homePrefix);
