import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { ask, askPassword } from "./ask.ts";
import { exitCodes, type Command } from "./command.ts";
import { interrupted } from "./interruption.ts";
import { connect } from "./login-file.ts";
import { complain, show } from "./output.ts";
import { placeIn, save, savedTogether } from "./save.ts";

interface Export {
  status: "Starting" | "Exporting" | "Finished" | "Failed";
  details: string | null;
  files: { name: string; url: string }[];
}

const exportsPath = "/api/account/exports/";

const exportAccount: Command = {
  parameters: ["[FOLDER]"],
  about:
    "Download what the platform has about you: your account, submissions with their files, outputs and logs, and what you made.\nFOLDER is my-data unless given. An export is made at most once a day; the one that there is is downloaded again. A large one\ntakes its time: when this was interrupted, the same command goes on.",
  async run({ words: [target], json }) {
    const client = await connect();
    const { files } = await finished(client);
    const folder = target ?? "my-data";
    const saved = await savedTogether(folder, async (paths) => {
      for (const { name, url } of files) {
        const path = await placeIn(folder, name);
        await save(client, url, path);
        paths.push(path);
      }
    });
    show(json, { files: saved }, () => saved.map((path) => `${path}\n`).join(""));
    return exitCodes.done;
  },
};

/** The newest export when it is finished. Asks for one, unless there was one lately. */
async function finished(client: ApiClient): Promise<Export> {
  try {
    await client.request("POST", exportsPath);
  } catch (error) {
    if (!(error instanceof ApiError) || !["EXPORT_IN_PROGRESS", "EXPORTED_LATELY"].includes(error.code ?? ""))
      throw error;
    complain(error.message);
  }
  for (;;) {
    const newest = (await client.request<Export[]>("GET", exportsPath))[0];
    if (newest?.status === "Finished") return newest;
    if (newest?.status === "Failed") throw new Error(newest.details ?? "The export failed.");
    await wait(1000, undefined, { signal: interrupted });
  }
}

const deleteAccount: Command = {
  parameters: [],
  question: () => "Delete your account?",
  about:
    "Delete your account. A mail with a link confirms it; until it is erased, logging in keeps it.\nThe password is asked for on a terminal, and otherwise read from standard input, with a code of your second factor, if you have one, in a second line. Leave the password empty if you log in with an institution. What others depend on stays without your name. Export your data first.",
  async run({ json }) {
    const client = await connect();
    const [password = "", given] = (await askPassword()).split(/\r?\n/);
    const asked = (code: string | undefined) =>
      client.request<{ erase_when: string | null; detail: string }>("POST", "/api/account/deletion/", {
        ...(password === "" ? {} : { password }),
        ...(code === undefined ? {} : { code }),
      });
    let answer;
    try {
      answer = await asked(given);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "SECOND_FACTOR_NEEDED" || !process.stdin.isTTY) throw error;
      answer = await asked(await ask("Code of your second factor: "));
    }
    show(json, answer, () => `${answer.detail}\n`);
    return exitCodes.done;
  },
};

const keepAccount: Command = {
  parameters: [],
  about: "Take back that you asked to delete your account.\nIf you have confirmed it, log in instead: that keeps it.",
  async run({ json }) {
    await (await connect()).request("DELETE", "/api/account/deletion/");
    show(json, { kept: true }, () => "Your account stays.\n");
    return exitCodes.done;
  },
};

export const leavingCommands = {
  "export-account": exportAccount,
  "delete-account": deleteAccount,
  "keep-account": keepAccount,
};
