/** New posts of a thread that a person follows. */
export interface NewPosts {
  threadId: number;
  title: string;
  count: number;
  /** The only one, or the first. */
  author: string;
  text: string;
}

const maxQuote = 2000;

/** Each line is marked, so that nobody can write what looks like words of the platform. */
const quoteOf = (text: string) =>
  (text.length > maxQuote ? `${text.slice(0, maxQuote)}…` : text)
    .split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");

/** The mail about new posts in the forum of a competition. Plain text: what people wrote is quoted as they wrote it. */
export function forumMail(
  competition: string,
  forumUrl: string,
  threads: NewPosts[],
): { subject: string; body: string } {
  const [first] = threads;
  const total = threads.reduce((sum, { count }) => sum + count, 0);
  const parts = threads.map(({ threadId, title, count, author, text }) => {
    const said =
      count === 1 ? `${author} wrote in "${title}":\n\n${quoteOf(text)}` : `${count} new posts in "${title}".`;
    return `${said}\n\n${forumUrl}${threadId}/\n`;
  });
  const about = threads.length === 1 ? `"${first!.title}"` : `${threads.length} threads`;
  return {
    subject: `${total === 1 ? "A new post" : `${total} new posts`} in ${about} of ${competition}`,
    body: parts.join("\n"),
  };
}
