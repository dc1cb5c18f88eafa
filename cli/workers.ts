import { exitCodes, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { queuePath } from "./queues.ts";

const workers: Command = {
  parameters: ["QUEUE"],
  about: "List the workers of a queue that were active in the last day.",
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
        "No worker was active in the last day.",
      ),
    );
    return exitCodes.done;
  },
};

const tokens: Command = {
  parameters: ["QUEUE"],
  about: "List the worker tokens of a queue.",
  async run({ words: [id], json }) {
    const found = await (
      await connect()
    ).request<
      { id: string; name: string; created_by: string | null; created_when: string; revoked_when: string | null }[]
    >("GET", `${queuePath(id!)}tokens/`);
    show(json, found, () =>
      listing(
        ["ID", "Name", "Created by", "Created (UTC)", "Revoked (UTC)"],
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
  parameters: ["QUEUE", "[NAME]"],
  options: reasonOption,
  about:
    "Create a token for workers on your own machines.\nThe token is shown only once, with the command that starts a worker.",
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
  parameters: ["QUEUE", "TOKEN_ID"],
  options: reasonOption,
  about: "Revoke a worker token. Its workers claim no more jobs.",
  async run({ words: [queue, id], text, json }) {
    await (await connect(text("reason"))).request("DELETE", `${queuePath(queue!)}tokens/${encodeURIComponent(id!)}/`);
    show(json, { id }, () => "Token revoked.\n");
    return exitCodes.done;
  },
};

export const workerCommands = { workers, tokens, "create-token": createToken, "revoke-token": revokeToken };
