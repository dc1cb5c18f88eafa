import { exitCodes, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { queuePath } from "./names.ts";
import { listing, minute, show } from "./output.ts";

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
    const client = await connect();
    const path = await queuePath(client, queue!);
    const found = await client.request<{ results: Job[] }>("GET", `${path}quarantine/?page_size=1000`);
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
    const client = await connect(text("reason"));
    await client.request("POST", `${await queuePath(client, queue!)}quarantine/${encodeURIComponent(job!)}/replay/`);
    show(json, { job }, () => "The job is in the queue again.\n");
    return exitCodes.done;
  },
};

const drop: Command = {
  parameters: ["QUEUE", "JOB"],
  options: reasonOption,
  question: () => "Drop this job for good?",
  about: "Drop a quarantined job. Its submission stays failed.",
  async run({ words: [queue, job], text, json }) {
    const client = await connect(text("reason"));
    await client.request("DELETE", `${await queuePath(client, queue!)}quarantine/${encodeURIComponent(job!)}/`);
    show(json, { job }, () => "Job dropped.\n");
    return exitCodes.done;
  },
};

export const quarantineCommands = { quarantine, replay, drop };
