import { setTimeout as wait } from "node:timers/promises";
import { type Client, type Submission } from "../scripts/client.ts";
import { exitCodes, idOf, type Command, type ExitCode } from "./command.ts";
import { zipAt } from "./local-bundle.ts";
import { connect } from "./login-file.ts";
import { listed, minute, show } from "./output.ts";
import { upload } from "./upload.ts";

const submit: Command = {
  takes: ["PHASE", "SUBMISSION"],
  options: { tasks: "IDS", "no-follow": "flag" },
  about: "Submit a zip or a folder to a phase, or to some of its tasks (ids with commas), and follow it to its end.",
  async run({ words: [phase, path], text, flag, json }) {
    const client = await connect();
    const tasks = (text("tasks") ?? "").split(",").filter(Boolean).map((task) => idOf("A task", task));
    const phaseId = idOf("PHASE", phase!);
    const zip = await zipAt(path!);
    let id: number;
    try {
      ({ id } = await client.submit(phaseId, await upload(client, "submission", zip.path), tasks));
    } finally {
      await zip.release();
    }
    if (flag("no-follow")) {
      show(json, { id }, () => `Submission ${id}\n`);
      return exitCodes.done;
    }
    if (!json) process.stdout.write(`Submission ${id}\n`);
    return followToEnd(client, id, json);
  },
};

const follow: Command = {
  takes: ["SUBMISSION"],
  about: "Follow a submission: why it waits, what its programs print, and its scores.",
  async run({ words: [id], json }) {
    return followToEnd(await connect(), idOf("SUBMISSION", id!), json);
  },
};

const submissions: Command = {
  takes: ["[PHASE]"],
  about: "Your submissions, and those of competitions you organize, newest first.",
  async run({ words: [phase], json }) {
    const query = phase === undefined ? "" : `?phase=${idOf("PHASE", phase)}`;
    const found = await (await connect()).request<(Submission & { owner: string; phase_name: string })[]>("GET", `/api/submissions/${query}`);
    show(json, found, () =>
      listed(
        ["ID", "Owner", "Phase", "Submitted (UTC)", "Status"],
        found.map((one) => [one.id, one.owner, one.phase_name, minute(one.created_when), one.status]),
        "There is no submission.",
      ),
    );
    return exitCodes.done;
  },
};

const cancel: Command = {
  takes: ["SUBMISSION"],
  about: "Cancel a submission: what runs is stopped.",
  async run({ words: [word], json }) {
    const client = await connect();
    const id = idOf("SUBMISSION", word!);
    await client.request("POST", `/api/submissions/${id}/cancel_submission/`);
    const submission = await client.submission(id);
    show(json, submission, () => `Submission ${id}: ${submission.status}\n`);
    return exitCodes.done;
  },
};

const final = new Set(["Finished", "Failed", "Cancelled"]);
const pauseMs = 500;
const streamsOf = (step: "prediction" | "scoring") =>
  ["ingestion_stdout", "ingestion_stderr", "stdout", "stderr"].map((stream) => `${step}_${stream}`);

/** Follows a submission, and the children of one with several tasks. Done when all have scores. */
async function followToEnd(client: Client, id: number, json: boolean): Promise<ExitCode> {
  const { children } = await client.submission(id);
  const say = (text: string) => {
    if (!json) process.stdout.write(text);
  };
  const all = children.length > 0 ? children : [id];
  await Promise.all(all.map((one) => new Follower(client, one, all.length > 1 ? `${one} ` : "", say).toEnd()));
  const ended = await client.waitFor(id);
  const scores = ended.scores.map(({ column_key, score }) => `  ${column_key}: ${Number(score)}\n`).join("");
  show(json, ended, () => `${ended.status}${ended.status_details ? `: ${ended.status_details}` : ""}\n${scores}`);
  return ended.status === "Finished" ? exitCodes.done : exitCodes.notGood;
}

/** While a step runs, Codabench says where in words for programs (R-15). */
const readable = (details: string) => details.replace(/^(?:ingestion|scoring)_hostname-/, "on ");

/** One submission: its statuses as they change, and its logs as they grow. */
class Follower {
  readonly #client: Client;
  readonly #id: number;
  readonly #prefix: string;
  readonly #say: (text: string) => void;
  #shown = "";
  /** Where each log goes on, and what of it is no whole line yet. */
  readonly #logs = new Map<string, { attempt: number; offset: number; rest: string }>();

  constructor(client: Client, id: number, prefix: string, say: (text: string) => void) {
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
        for (const line of lines) if (line !== "" || !isLast) this.#say(`${this.#prefix}${stream.replaceAll("_", " ")}: ${line}\n`);
        this.#logs.set(stream, { attempt: piece.attempt, offset: piece.next_offset, rest });
        if (piece.text === "") break;
      }
    }
  }
}

export const submissionCommands = { submit, follow, submissions, cancel };
