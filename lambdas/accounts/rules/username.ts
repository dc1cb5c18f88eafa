/** What a username consists of. It stands in addresses, and nobody mistakes it for a mail address. */
export const usernamePattern = /^[a-z0-9_-]{5,15}$/;
export const aboutUsernames = "A username has 5 to 15 lowercase letters, digits, hyphens and underscores.";
