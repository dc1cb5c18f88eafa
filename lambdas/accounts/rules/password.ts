/** Which passwords are accepted, after NIST SP 800-63B: long enough, and not one that everybody tries first. */

export const minPasswordLength = 8;
export const maxPasswordLength = 200;

/** Says what is wrong with a new password; null if nothing is. `commonest` are in lower case. */
export function passwordProblem(
  password: string,
  { username, email }: { username: string; email: string },
  commonest: ReadonlySet<string>,
): string | null {
  // As it is hashed, and without what adds nothing.
  const plain = password.normalize("NFKC").trim().toLowerCase();
  if (password.length < minPasswordLength) return `A password has at least ${minPasswordLength} characters.`;
  if (plain.length < minPasswordLength)
    return `A password has at least ${minPasswordLength} characters, not counting spaces before and after it.`;
  const unit = repeated(plain);
  if ([username, email, email.split("@")[0]!].some((name) => [plain, unit].includes(name.toLowerCase())))
    return "This password is your name or address. Choose another.";
  if (commonest.has(plain)) return "This password is one of the commonest, which are tried first. Choose another.";
  if (unit.length < 5) return "This password repeats a few characters. Choose another.";
  return null;
}

/** The shortest beginning of a text of which it consists, repeated; the last time perhaps not to its end. */
function repeated(text: string): string {
  let length = 1;
  while (!text.startsWith(text.slice(length))) length += 1;
  return text.slice(0, length);
}
