import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, idOf, UsageError, type Command, type ExitCode } from "./command.ts";
import { connect } from "./login-file.ts";
import { show } from "./output.ts";

const follow: Command = {
  takes: ["SUBMISSION"],
  about: "Follow a submission: why it waits, what its programs print, and its scores.",
  async run({ words: [id], json }) {
    return followToEnd(await connect(), idOf("SUBMISSION", id!), json);
  },
};

const logs: Command = {
  takes: ["SUBMISSION", "[STREAM]"],
  about:
    "What the programs of a submission have printed so far, as it is: one stream, such as scoring_stdout, or all after another.",
  async run({ words: [word, chosen], json }) {
    const streams = [...streamsOf("prediction"), ...streamsOf("scoring")];
    if (chosen !== undefined && !streams.includes(chosen))
      throw new UsageError(`STREAM is one of ${streams.join(", ")}.`);
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

const final = new Set(["Finished", "Failed", "Cancelled"]);
const pauseMs = 500;
const streamsOf = (step: "prediction" | "scoring") =>
  ["ingestion_stdout", "ingestion_stderr", "stdout", "stderr"].map((stream) => `${step}_${stream}`);

/** Follows a submission, and the children of one with several tasks. Done when all have scores. */
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

/** While a step runs, Codabench says where in words for programs (R-15). */
const readable = (details: string) => details.replace(/^(?:ingestion|scoring)_hostname-/, "on ");

/** One submission: its statuses as they change, and its logs as they grow. */
class Follower {
  readonly #client: ApiClient;
  readonly #id: number;
  readonly #prefix: string;
  readonly #say: (text: string) => void;
  #shown = "";
  /** Where each log goes on, and what of it is no whole line yet. */
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
      const isOver = final.has(status);
      // The programs of a step print until the next one begins.
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
