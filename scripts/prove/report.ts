/** The report of `npm run prove`, to be pasted into an issue. */

export interface Outcome {
  id: string;
  /** What the point shows, as a sentence. */
  shows: string;
  result: "holds" | "does not hold" | "not tried";
  /** What was seen, or why not. */
  detail: string;
  seconds: number;
}

export interface Setting {
  version: string;
  region: string;
  account: string;
  /** Names of the options that differ from their defaults. Their values may be nobody's business. */
  options: string[];
  date: string;
}

/** The report as Markdown. It has no secret, and of the account only the last four digits. */
export function reportOf({ version, region, account, options, date }: Setting, outcomes: Outcome[]): string {
  const holding = outcomes.filter(({ result }) => result === "holds").length;
  const rows = outcomes.map(({ id, shows, result, detail, seconds }) =>
    ["", id, shows, `**${result}**`, cell(detail), minutes(seconds), ""].join(" | ").trim(),
  );
  const text = [
    `# Benchstack ${version} in a real account`,
    "",
    `${date}, region ${region}, account …${account.slice(-4)}, options ${options.join(", ") || "as they are"}: ${holding} of ${outcomes.length} points hold.`,
    "",
    "| point | what it shows | result | seen | time |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
  return text.replaceAll(account, `…${account.slice(-4)}`);
}

const minutes = (seconds: number): string =>
  seconds < 60 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
const cell = (text: string): string =>
  text
    .trim()
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, "<br>")
    .slice(0, 1500);
