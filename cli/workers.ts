import { exitCodes, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { queuePath } from "./queues.ts";

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
      listing(
        ["Host", "Launcher", "Running", "Slots", "Version", "Last seen (UTC)"],
        found.map(({ host, launcher, running, slots, version, last_seen }) => [
          host,
          launcher,
          running.length,
          slots,
          version,
          minute(last_seen),
        ]),
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
    const found = await (
      await connect()
    ).request<
      { id: string; name: string; created_by: string | null; created_when: string; revoked_when: string | null }[]
    >("GET", `${queuePath(id!)}tokens/`);
    show(json, found, () =>
      listing(
        ["ID", "Name", "Made by", "Made (UTC)", "Revoked (UTC)"],
        found.map((token) => [
          token.id,
          token.name,
          token.created_by,
          minute(token.created_when),
          minute(token.revoked_when),
        ]),
        "This queue has no tokens.",
      ),
    );
    return exitCodes.done;
  },
};

const createToken: Command = {
  takes: ["QUEUE", "[NAME]"],
  options: reasonOption,
  about:
    "Make a token with which machines of yours join a queue. It is shown this once, with the line that starts a worker.",
  async run({ words: [id, name], text, json }) {
    const made = await (
      await connect(text("reason"))
    ).request<{ token: string; command: string }>(
      "POST",
      `${queuePath(id!)}tokens/`,
      name === undefined ? {} : { name },
    );
    show(json, made, () => `${made.token}\n\n${made.command}\n`);
    return exitCodes.done;
  },
};

const revokeToken: Command = {
  takes: ["QUEUE", "TOKEN_ID"],
  options: reasonOption,
  about: "Revoke a token: its workers claim nothing any more.",
  async run({ words: [queue, id], text, json }) {
    await (await connect(text("reason"))).request("DELETE", `${queuePath(queue!)}tokens/${encodeURIComponent(id!)}/`);
    show(json, { id }, () => "Revoked.\n");
    return exitCodes.done;
  },
};

export const workerCommands = { workers, tokens, "create-token": createToken, "revoke-token": revokeToken };
