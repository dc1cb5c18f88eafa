import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { runCanary } from "../client/canary.ts";
import { WorksheetsClient } from "../client/worksheets-client.ts";
import { platformAddress } from "./address.ts";
import { exitCodes, limitOf, UsageError, type Command } from "./command.ts";
import { importWorksheets } from "./import-worksheets.ts";
import { interrupted } from "./interruption.ts";
import { connect, worksheets } from "./login-file.ts";
import { complain, listing, show } from "./output.ts";

const usualSeconds = 300;

const canary: Command = {
  parameters: [],
  options: { image: "IMAGE", seconds: "NUMBER" },
  about: `Check that worksheets work: upload a file, read it, run a command that reads it, wait for that, and remove both.\nSays how long each step took, and ends with 1 if one failed. Run it on a schedule with a token of an account of its own. The run uses the platform's own image, or --image. --seconds (${usualSeconds}) is how long it may take.`,
  async run({ text, json }) {
    const report = await runCanary(await worksheets(), {
      image: text("image"),
      seconds: limitOf("seconds", text("seconds")) ?? usualSeconds,
      signal: interrupted,
    });
    show(json, report, () =>
      listing(
        ["Step", "Seconds", "Problem"],
        report.steps.map(({ step, seconds, problem }) => [step, seconds.toFixed(2), problem]),
        "",
      ),
    );
    return report.ok ? exitCodes.done : exitCodes.failed;
  },
};

const importAll: Command = {
  parameters: ["SOURCE"],
  options: { accounts: "flag", names: "FILE" },
  about:
    'Copy worksheets and bundles from another instance of CodaLab Worksheets, whose address is SOURCE.\nCODALAB_USERNAME and CODALAB_PASSWORD are the login there, or CODALAB_TOKEN a token. Everything that this person may read is copied: as root of the source, all. Be an administrator here, so that owners get what is theirs. They are found by their usernames. Each line of FILE has the username of somebody at the source, a space, and the one here, for those who have another. --accounts makes an account for every owner and member of a group who has none, with their mail address; it needs root of the source. They set their password with "Forgot your password?". Uuids, names, metadata, items, tags and permissions stay; the time of creation does not. When it was interrupted, run it again: it goes on.',
  async run({ words: [address], text, flag, json }) {
    const source = sourceAt(platformAddress("SOURCE", address!));
    const names = text("names") === undefined ? new Map<string, string>() : await namesIn(text("names")!);
    const client = await connect();
    const makeAccount = async (username: string, email: string) => {
      // Nobody knows the password, so the owner of the address sets one.
      const password = randomBytes(32).toString("base64url");
      await client.request("POST", "/api/users/", { username, email, password });
    };
    const people = { names, makeAccount: flag("accounts") ? makeAccount : null };
    const report = await importWorksheets(source, await worksheets(), people, (line) => complain(line));
    const kinds = [
      ["bundles", report.bundles],
      ["worksheets", report.worksheets],
    ] as const;
    show(json, report, () =>
      [
        listing(
          ["", "Copied", "There before", "Not copied"],
          kinds.map(([kind, { copied, present, problems }]) => [kind, copied, present, problems.length]),
          "",
        ),
        report.accounts.length > 0
          ? `Accounts made: ${report.accounts.join(", ")}. They set their passwords with "Forgot your password?".\n`
          : "",
        report.unknownOwners.length > 0
          ? `Without an account here: ${report.unknownOwners.join(", ")}. What they own is yours now.\n`
          : "",
      ].join(""),
    );
    return kinds.every(([, { problems }]) => problems.length === 0) ? exitCodes.done : exitCodes.failed;
  },
};

/** Usernames here by those at the source. Throws `UsageError` when a line does not have two. */
async function namesIn(file: string): Promise<Map<string, string>> {
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.trim());
  return new Map(
    lines.flatMap((line, index): [string, string][] => {
      const [there, here, ...rest] = line.split(/\s+/);
      if (!there) return [];
      if (!here || rest.length > 0)
        throw new UsageError(`Line ${index + 1} of ${file} must have a username at the source, a space, and one here.`);
      return [[there, here]];
    }),
  );
}

function sourceAt(url: string): WorksheetsClient {
  const { CODALAB_TOKEN: token, CODALAB_USERNAME: username, CODALAB_PASSWORD: password } = process.env;
  if (token) return new WorksheetsClient(url, () => Promise.resolve(token), interrupted);
  if (username && password) return WorksheetsClient.withPassword(url, username, password, interrupted);
  throw new UsageError("Set CODALAB_USERNAME and CODALAB_PASSWORD, or CODALAB_TOKEN, to log in at the source.");
}

export const worksheetCommands = { canary, "import-worksheets": importAll };
