import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient, LogEntries, Submission } from "../client/api-client.ts";
import { patiently } from "../client/patience.ts";
import { exitCodes, idOf, UsageError, type Command, type ExitCode } from "./command.ts";
import { Interrupted, interrupted } from "./interruption.ts";
import { LogLines } from "./log-lines.ts";
import { connect } from "./login-file.ts";
import { hasFinished, isHidden, outcomeOf, shownOutcome, taskName } from "./outcome.ts";
import { print, printJson, show } from "./output.ts";
import { Screen } from "./screen.ts";

const follow: Command = {
  parameters: ["SUBMISSION"],
  about: "Follow a submission to its end: its status, output and scores.",
  async run({ words: [id], json }) {
    return followToEnd(await connect(), idOf("SUBMISSION", id!), json);
  },
};

const logs: Command = {
  parameters: ["SUBMISSION", "[STREAM]"],
  options: { times: "flag" },
  about:
    "Print the output of a submission's programs so far.\nSTREAM is one output, for example scoring_stdout. Without it, all outputs are printed one after another. With --times, they\nare printed line by line in the order in which they arrived, with the time, until the submission has ended.",
  async run({ words: [word, chosen], flag, json }) {
    if (flag("times")) return printInOrder(word!, chosen, json);
    if (chosen !== undefined && !allStreams.includes(chosen))
      throw new UsageError(`STREAM must be one of ${allStreams.join(", ")}.`);
    const client = await connect();
    const { id, children } = await client.submission(idOf("SUBMISSION", word!));
    const runs = await Promise.all((children.length > 0 ? children : [id]).map((run) => client.submission(run)));
    const found: { id: number; title: string; texts: Record<string, string> }[] = [];
    for (const run of runs) {
      const texts: Record<string, string> = {};
      for (const stream of chosen === undefined ? allStreams : [chosen])
        texts[stream] = await wholeLog(client, run.id, stream);
      found.push({ id: run.id, title: runs.length > 1 ? `${taskName(run)}, ` : "", texts });
    }
    const result = runs.length > 1 ? found.map(({ id: run, texts }) => ({ id: run, ...texts })) : found[0]!.texts;
    show(json, result, () =>
      chosen !== undefined && runs.length === 1
        ? found[0]!.texts[chosen]!
        : found
            .flatMap(({ title, texts }) =>
              Object.entries(texts).map(([stream, text]) =>
                text === "" ? "" : `== ${title}${stream} ==\n${text}${text.endsWith("\n") ? "" : "\n"}`,
              ),
            )
            .join(""),
    );
    return exitCodes.done;
  },
};

/** Prints all outputs of a run, or one, in the order in which they arrived, until its end. */
async function printInOrder(word: string, chosen: string | undefined, json: boolean): Promise<ExitCode> {
  if (chosen !== undefined && !allStreams.includes(chosen))
    throw new UsageError(`STREAM must be one of ${allStreams.join(", ")}.`);
  const client = await connect();
  const { id, children } = await client.submission(idOf("SUBMISSION", word));
  if (children.length > 0)
    throw new UsageError(`Submission ${id} ran on several tasks. Name one of its runs: ${children.join(", ")}.`);
  const lines = new Map(allStreams.map((stream) => [stream, new LogLines({ updates: false })]));
  const all: LogEntries["entries"] = [];
  const shown = (stream: string, time: string, line: string) => {
    if (!json) print(`${time.slice(0, 19).replace("T", " ")} ${stream}: ${line}\n`);
  };
  let last = "";
  for (let cursor: string | null = null; ;) {
    const from: string | null = cursor;
    const found: LogEntries = await patiently(() => client.logEntries(id, from), interrupted);
    for (const { stream, time, text } of found.entries) {
      if (chosen !== undefined && stream !== chosen) continue;
      all.push({ stream, time, text });
      last = time;
      for (const line of lines.get(stream)!.add(text)) shown(stream, time, line);
    }
    if (found.complete) break;
    cursor = found.cursor;
    await wait(found.ask_again_seconds * 1000, undefined, { signal: interrupted });
  }
  for (const [stream, unfinished] of lines) {
    const line = unfinished.end();
    if (line !== "") shown(stream, last, line);
  }
  if (json) printJson(all);
  return exitCodes.done;
}

async function wholeLog(client: ApiClient, id: number, stream: string): Promise<string> {
  const pieces: string[] = [];
  for (let from = { attempt: 0, offset: 0 }; ;) {
    const { attempt, next_offset: offset, text } = await client.log(id, stream, from);
    if (text === "") return pieces.join("");
    pieces.push(text);
    from = { attempt, offset };
  }
}

const finalStatuses = new Set(["Finished", "Failed", "Cancelled"]);
const pauseMs = 500;
const streamsOf = (step: "prediction" | "scoring") =>
  ["ingestion_stdout", "ingestion_stderr", "stdout", "stderr"].map((stream) => `${step}_${stream}`);
const allStreams = [...streamsOf("prediction"), ...streamsOf("scoring")];

/**
 * Follows a submission and its child submissions, one for each task. The exit code is `done` when it has finished with
 * scores on all of its tasks.
 */
export async function followToEnd(client: ApiClient, id: number, json: boolean): Promise<ExitCode> {
  try {
    if (!json) await followRuns(client, id);
    await client.waitForSubmission(id);
    const outcome = await outcomeOf(client, id);
    show(json, outcome, () => shownOutcome(outcome));
    return hasFinished(outcome) ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    if (!interrupted.aborted) throw error;
    throw new Interrupted(
      `Submission ${id} goes on without you. \`benchstack follow ${id}\` follows it again, and \`benchstack cancel ${id}\` stops it.`,
    );
  }
}

async function followRuns(client: ApiClient, id: number): Promise<void> {
  const { children } = await client.submission(id);
  const runs = children.length > 0 ? children : [id];
  const screen = new Screen(process.stdout);
  try {
    await Promise.all(
      runs.map(async (run) => {
        const prefix = runs.length > 1 ? `${taskName(await client.submission(run))}: ` : "";
        await new Follower(client, run, prefix, screen).toEnd();
      }),
    );
  } finally {
    screen.live("");
  }
}

/** Makes the details of a running step readable: Codabench writes them for programs (R-15). */
const readable = (details: string) => details.replace(/^(?:ingestion|scoring)_hostname-/, "on ");

interface FollowedLog {
  /** Where the next piece begins. */
  from: { attempt: number; offset: number };
  lines: LogLines;
}

/** Prints status changes and new output of one submission, as it appears. */
class Follower {
  readonly #client: ApiClient;
  readonly #id: number;
  readonly #prefix: string;
  readonly #screen: Screen;
  #shown = "";
  #isHidden = false;
  readonly #logs = new Map<string, FollowedLog>();

  constructor(client: ApiClient, id: number, prefix: string, screen: Screen) {
    this.#client = client;
    this.#id = id;
    this.#prefix = prefix;
    this.#screen = screen;
  }

  async toEnd(): Promise<void> {
    for (;;) {
      const submission = await patiently(() => this.#client.submission(this.#id), interrupted);
      const { status, ask_again_seconds: seconds } = submission;
      const isOver = finalStatuses.has(status);
      // Submissions are Preparing until the programs of the prediction step have ended.
      if (status === "Preparing") this.#showStatus(submission);
      if (!isWaiting(status)) await this.#readLogs(streamsOf("prediction"), isOver);
      if (!isOver) this.#showStatus(submission);
      if (!isWaiting(status) && status !== "Preparing") await this.#readLogs(streamsOf("scoring"), isOver);
      this.#showStatus(submission);
      if (isOver) return;
      await wait(Math.max(pauseMs, (seconds ?? 0) * 1000), undefined, { signal: interrupted });
    }
  }

  #showStatus({ status, status_details: details }: Submission): void {
    const shown = `[${status}${details ? `: ${readable(details)}` : ""}]`;
    if (shown !== this.#shown) this.#say(shown);
    this.#shown = shown;
  }

  #say(line: string): void {
    this.#screen.line(this.#prefix + line);
  }

  async #readLogs(streams: string[], isLast: boolean): Promise<void> {
    try {
      for (const stream of streams) if (!this.#isHidden) await this.#readLog(stream, isLast);
    } catch (error) {
      if (!isHidden(error)) throw error;
      this.#isHidden = true;
      this.#say("[The organizers do not show the output of this phase.]");
    }
  }

  async #readLog(stream: string, isLast: boolean): Promise<void> {
    const log = this.#logs.get(stream) ?? {
      from: { attempt: 0, offset: 0 },
      lines: new LogLines({ updates: !this.#screen.isRich }),
    };
    this.#logs.set(stream, log);
    const name = `${stream.replaceAll("_", " ")}: `;
    const before = log.lines.unfinished;
    for (;;) {
      const piece = await patiently(() => this.#client.log(this.#id, stream, log.from), interrupted);
      // A new attempt begins its log anew.
      if (piece.attempt !== log.from.attempt) this.#endLine(name, log.lines);
      log.from = { attempt: piece.attempt, offset: piece.next_offset };
      const lines = log.lines.add(piece.text);
      // The changing line may have been the first of these.
      if (lines.length > 0) this.#screen.live("");
      for (const line of lines) this.#say(name + line);
      if (piece.text === "" || piece.complete) break;
    }
    const { unfinished } = log.lines;
    if (isLast) this.#endLine(name, log.lines);
    else if (unfinished !== "") this.#screen.live(this.#prefix + name + unfinished);
    else if (before !== "") this.#screen.live("");
  }

  #endLine(name: string, lines: LogLines): void {
    const line = lines.end();
    if (line === "") return;
    this.#screen.live("");
    this.#say(name + line);
  }
}

const isWaiting = (status: string) => status === "Submitting" || status === "Submitted";

export const followCommands = { follow, logs };
