import { exitCodes, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listed, minute, show } from "./output.ts";

interface Queue {
  id: string;
  name: string;
  owner: string | null;
  is_public: boolean;
  prediction_profile: string | null;
  scoring_profile: string | null;
  competitions: { id: number; title: string }[];
}

const queues: Command = {
  takes: [],
  options: { public: "flag" },
  about: "Queues of yours and those shared with you; with --public everybody's.",
  async run({ flag, json }) {
    const { results } = await (await connect()).request<{ results: Queue[] }>("GET", `/api/queues/?page_size=100${flag("public") ? "&public=true" : ""}`);
    show(json, results, () =>
      listed(
        ["ID", "Name", "Owner", "Public", "Runs on", "Competitions"],
        results.map((queue) => [queue.id, queue.name, queue.owner, queue.is_public ? "yes" : "no", capacityOf(queue), queue.competitions.length]),
        "You have no queue.",
      ),
    );
    return exitCodes.done;
  },
};

const capacityOf = ({ prediction_profile: prediction, scoring_profile: scoring }: Queue) =>
  prediction === null ? "own machines" : prediction === scoring ? prediction : `${prediction}, scoring ${scoring}`;

const createQueue: Command = {
  takes: ["NAME"],
  options: { public: "flag", prediction: "PROFILE", scoring: "PROFILE" },
  about: "Make a queue: for machines of your own, or on capacity profiles of the platform.",
  async run({ words: [name], text, flag, json }) {
    const prediction = text("prediction");
    const queue = await (await connect()).request<Queue>("POST", "/api/queues/", {
      name,
      is_public: flag("public"),
      ...(prediction === undefined ? {} : { prediction_profile: prediction, scoring_profile: text("scoring") ?? prediction }),
    });
    show(json, queue, () => `${queue.id}\n`);
    return exitCodes.done;
  },
};

const deleteQueue: Command = {
  takes: ["QUEUE"],
  about: "Delete a queue on which nothing waits or runs; its competitions go back to the default one.",
  async run({ words: [id], json }) {
    await (await connect()).request("DELETE", queuePath(id!));
    show(json, { id }, () => "Deleted.\n");
    return exitCodes.done;
  },
};

const workers: Command = {
  takes: ["QUEUE"],
  about: "Workers of a queue that were seen in the last day, and what they run.",
  async run({ words: [id], json }) {
    interface Worker {
      host: string;
      launcher: string;
      slots: number;
      version: string;
      last_seen: string;
      running: unknown[];
    }
    const found = await (await connect()).request<Worker[]>("GET", `${queuePath(id!)}workers/`);
    show(json, found, () =>
      listed(
        ["Host", "Launcher", "Running", "Slots", "Version", "Last seen (UTC)"],
        found.map(({ host, launcher, running, slots, version, last_seen }) => [host, launcher, running.length, slots, version, minute(last_seen)]),
        "No worker was seen in the last day.",
      ),
    );
    return exitCodes.done;
  },
};

const tokens: Command = {
  takes: ["QUEUE"],
  about: "Tokens of a queue's workers.",
  async run({ words: [id], json }) {
    const found = await (await connect()).request<{ id: string; name: string; created_by: string | null; created_when: string; revoked_when: string | null }[]>("GET", `${queuePath(id!)}tokens/`);
    show(json, found, () =>
      listed(
        ["ID", "Name", "Made by", "Made (UTC)", "Revoked (UTC)"],
        found.map((token) => [token.id, token.name, token.created_by, minute(token.created_when), minute(token.revoked_when)]),
        "This queue has no tokens.",
      ),
    );
    return exitCodes.done;
  },
};

const createToken: Command = {
  takes: ["QUEUE", "[NAME]"],
  about: "Make a token with which machines of yours join a queue. It is shown this once, with the line that starts a worker.",
  async run({ words: [id, name], json }) {
    const made = await (await connect()).request<{ token: string; command: string }>("POST", `${queuePath(id!)}tokens/`, name === undefined ? {} : { name });
    show(json, made, () => `${made.token}\n\n${made.command}\n`);
    return exitCodes.done;
  },
};

const revokeToken: Command = {
  takes: ["QUEUE", "TOKEN_ID"],
  about: "Revoke a token: its workers claim nothing any more.",
  async run({ words: [queue, id], json }) {
    await (await connect()).request("DELETE", `${queuePath(queue!)}tokens/${encodeURIComponent(id!)}/`);
    show(json, { id }, () => "Revoked.\n");
    return exitCodes.done;
  },
};

const queuePath = (id: string) => `/api/queues/${encodeURIComponent(id)}/`;

export const queueCommands = {
  queues,
  "create-queue": createQueue,
  "delete-queue": deleteQueue,
  workers,
  tokens,
  "create-token": createToken,
  "revoke-token": revokeToken,
};
