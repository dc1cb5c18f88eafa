import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, idOf, UsageError, type Command, type ExitCode } from "./command.ts";
import { connect } from "./login-file.ts";
import { show } from "./output.ts";

const follow: Command = {
  parameters: ["SUBMISSION"],
  about: "Follow a submission to its end: its status, output and scores.",
  async run({ words: [id], json }) {
    return followToEnd(await connect(), idOf("SUBMISSION", id!), json);
  },
};

const logs: Command = {
  parameters: ["SUBMISSION", "[STREAM]"],
  about:
    "Print the output of a submission's programs so far.\nSTREAM is one output, for example scoring_stdout. Without it, all outputs are printed one after another.",
  async run({ words: [word, chosen], json }) {
    const streams = [...streamsOf("prediction"), ...streamsOf("scoring")];
    if (chosen !== undefined && !streams.includes(chosen))
      throw new UsageError(`STREAM must be one of ${streams.join(", ")}.`);
    const client = await connect();
    const id = idOf("SUBMISSION", word!);
    const texts: Record<string, string> = {};
    for (const stream of chosen === undefined ? streams : [chosen]) texts[stream] = await wholeLog(client, id, stream);
    show(json, texts, () =>
      chosen === undefined
        ? Object.entries(texts)
            .flatMap(([stream, text]) =>
              text === "" ? [] : [`== ${stream} ==\n`, text, text.endsWith("\n") ? "" : "\n"],
            )
            .join("")
        : texts[chosen]!,
    );
    return exitCodes.done;
  },
};

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

/**
 * Follows a submission and its child submissions, one for each task. The exit code is `done` when it has finished with
 * scores.
 */
export async function followToEnd(client: ApiClient, id: number, json: boolean): Promise<ExitCode> {
  const { children } = await client.submission(id);
  const say = (text: string) => {
    if (!json) process.stdout.write(text);
  };
  const all = children.length > 0 ? children : [id];
  await Promise.all(all.map((one) => new Follower(client, one, all.length > 1 ? `${one} ` : "", say).toEnd()));
  const ended = await client.waitForSubmission(id);
  const scores = ended.scores.map(({ column_key, score }) => `  ${column_key}: ${Number(score)}\n`).join("");
  show(json, ended, () => `${ended.status}${ended.status_details ? `: ${ended.status_details}` : ""}\n${scores}`);
  return ended.status === "Finished" ? exitCodes.done : exitCodes.failed;
}

/** Makes the details of a running step readable: Codabench writes them for programs (R-15). */
const readable = (details: string) => details.replace(/^(?:ingestion|scoring)_hostname-/, "on ");

/** Prints status changes and new output lines of one submission. */
class Follower {
  readonly #client: ApiClient;
  readonly #id: number;
  readonly #prefix: string;
  readonly #say: (text: string) => void;
  #shown = "";
  /** For each stream, the position in the log and the last incomplete line. */
  readonly #logs = new Map<string, { attempt: number; offset: number; rest: string }>();

  constructor(client: ApiClient, id: number, prefix: string, say: (text: string) => void) {
    this.#client = client;
    this.#id = id;
    this.#prefix = prefix;
    this.#say = say;
  }

  async toEnd(): Promise<void> {
    for (;;) {
      const { status, status_details: details } = await this.#client.submission(this.#id);
      const isOver = finalStatuses.has(status);
      // Programs of the prediction step print nothing more once scoring has begun.
      if (status !== "Submitted" && status !== "Preparing") await this.#readLogs(streamsOf("prediction"), isOver);
      if (isOver || status === "Scoring") await this.#readLogs(streamsOf("scoring"), isOver);
      const shown = `${status}${details ? `: ${readable(details)}` : ""}`;
      if (shown !== this.#shown) this.#say(`${this.#prefix}[${shown}]\n`);
      this.#shown = shown;
      if (isOver) return;
      await wait(pauseMs);
    }
  }

  async #readLogs(streams: string[], isLast: boolean): Promise<void> {
    for (const stream of streams) {
      for (;;) {
        const from = this.#logs.get(stream) ?? { attempt: 0, offset: 0, rest: "" };
        const piece = await this.#client.log(this.#id, stream, from);
        const lines = (from.rest + piece.text).split("\n");
        const rest = isLast && piece.text === "" ? "" : lines.pop()!;
        for (const line of lines)
          if (line !== "" || !isLast) this.#say(`${this.#prefix}${stream.replaceAll("_", " ")}: ${line}\n`);
        this.#logs.set(stream, { attempt: piece.attempt, offset: piece.next_offset, rest });
        if (piece.text === "") break;
      }
    }
  }
}

export const followCommands = { follow, logs };
