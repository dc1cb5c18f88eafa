/** Nobody names more people in one post, except to send them mail. */
const maxMentions = 20;

/** The usernames that a post names with `@`, in lower case. A mail address names nobody. */
export function mentionsIn(text: string): string[] {
  const found = [...text.matchAll(/(?<![\w.+@/-])@([\w.+-]+)/g)].map(([, name]) =>
    name!.replace(/\.+$/, "").toLowerCase(),
  );
  return [...new Set(found)].filter((name) => name !== "").slice(0, maxMentions);
}
