/** Which passwords are accepted, after NIST SP 800-63B: long enough, and not one that everybody tries first. */

export const minPasswordLength = 8;
export const maxPasswordLength = 200;

/** Says what is wrong with a new password; null if nothing is. `commonest` are in lower case. */
export function passwordProblem(
  password: string,
  { username, email }: { username: string; email: string },
  commonest: ReadonlySet<string>,
): string | null {
  const plain = password.toLowerCase();
  if ([username, email, email.split("@")[0]!].some((name) => name.toLowerCase() === plain))
    return "This password is your name or address. Choose another.";
  if (commonest.has(plain)) return "This password is one of the commonest, which are tried first. Choose another.";
  if (new Set(plain).size < 3) return "This password repeats one or two characters. Choose another.";
  return null;
}
