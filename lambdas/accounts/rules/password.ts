/** Which passwords are accepted, after NIST SP 800-63B: long enough, and not one that everybody tries first. */

export const minPasswordLength = 8;
export const maxPasswordLength = 200;

/** Says what is wrong with a new password; null if nothing is. `commonest` are in lower case. */
export function passwordProblem(
  password: string,
  { username, email }: { username: string; email: string },
  commonest: ReadonlySet<string>,
): string | null {
  if (password.length < minPasswordLength) return `A password has at least ${minPasswordLength} characters.`;
  // As it is hashed, and without what adds nothing.
  const plain = password.normalize("NFKC").trim().toLowerCase();
  const unit = /^(.{1,15}?)\1*$/u.exec(plain)?.[1] ?? plain;
  if ([username, email, email.split("@")[0]!].some((name) => [plain, unit].includes(name.toLowerCase())))
    return "This password is your name or address. Choose another.";
  if (commonest.has(plain)) return "This password is one of the commonest, which are tried first. Choose another.";
  if (unit.length < 5 && unit !== plain) return "This password repeats a few characters. Choose another.";
  return null;
}
