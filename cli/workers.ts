import { exitCodes, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { queuePath } from "./names.ts";
import { listing, minute, show } from "./output.ts";

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
      unwell: string | null;
      running: unknown[];
    }
    const client = await connect();
    const found = await client.request<Worker[]>("GET", `${await queuePath(client, id!)}workers/`);
    show(json, found, () =>
      listing(
        ["Host", "Launcher", "Running", "Slots", "Version", "Last seen (UTC)", "Takes no jobs because"],
        found.map(({ host, launcher, running, slots, version, last_seen, unwell }) => [
          host,
          launcher,
          running.length,
          slots,
          version,
          minute(last_seen),
          unwell,
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
    const client = await connect();
    const found = await client.request<
      { id: string; name: string; created_by: string | null; created_when: string; revoked_when: string | null }[]
    >("GET", `${await queuePath(client, id!)}tokens/`);
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
    const client = await connect(text("reason"));
    const made = await client.request<{ token: string; command: string }>(
      "POST",
      `${await queuePath(client, id!)}tokens/`,
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
    const client = await connect(text("reason"));
    await client.request("DELETE", `${await queuePath(client, queue!)}tokens/${encodeURIComponent(id!)}/`);
    show(json, { id }, () => "Token revoked.\n");
    return exitCodes.done;
  },
};

export const workerCommands = { workers, tokens, "create-token": createToken, "revoke-token": revokeToken };
