import { exitCodes, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { queuePath } from "./queues.ts";

const quarantine: Command = {
  parameters: ["QUEUE"],
  about:
    "List quarantined jobs of a queue, newest first.\nA job is quarantined when the platform or its workers could not run it to its end.",
  async run({ words: [queue], json }) {
    interface Job {
      job: string;
      submission: number;
      competition: { title: string };
      quarantined_when: string;
      reason: { code: string; message: string };
      attempts: { host: string }[];
    }
    const found = await (
      await connect()
    ).request<{ count: number; results: Job[] }>("GET", `${queuePath(queue!)}quarantine/?page_size=1000`);
    show(json, found.results, () =>
      listing(
        ["Job", "Submission", "Competition", "Since (UTC)", "Last host", "Why"],
        found.results.map((one) => [
          one.job,
          one.submission,
          one.competition.title,
          minute(one.quarantined_when),
          one.attempts.at(-1)?.host ?? null,
          `${one.reason.code}: ${one.reason.message}`,
        ]),
        "No jobs are in quarantine.",
      ),
    );
    return exitCodes.done;
  },
};

const replay: Command = {
  parameters: ["QUEUE", "JOB"],
  options: reasonOption,
  about:
    "Run a quarantined job again.\nIts submission returns to the queue, and the number of its attempts starts at zero.",
  async run({ words: [queue, job], text, json }) {
    await (
      await connect(text("reason"))
    ).request("POST", `${queuePath(queue!)}quarantine/${encodeURIComponent(job!)}/replay/`);
    show(json, { job }, () => "The job is in the queue again.\n");
    return exitCodes.done;
  },
};

const drop: Command = {
  parameters: ["QUEUE", "JOB"],
  options: reasonOption,
  about: "Drop a quarantined job. Its submission stays failed.",
  async run({ words: [queue, job], text, json }) {
    await (
      await connect(text("reason"))
    ).request("DELETE", `${queuePath(queue!)}quarantine/${encodeURIComponent(job!)}/`);
    show(json, { job }, () => "Job dropped.\n");
    return exitCodes.done;
  },
};

export const quarantineCommands = { quarantine, replay, drop };
