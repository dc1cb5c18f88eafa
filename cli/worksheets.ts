import { runCanary } from "../client/canary.ts";
import { WorksheetsClient } from "../client/worksheets-client.ts";
import { platformAddress } from "./address.ts";
import { exitCodes, limitOf, UsageError, type Command } from "./command.ts";
import { importWorksheets } from "./import-worksheets.ts";
import { interrupted } from "./interruption.ts";
import { worksheets } from "./login-file.ts";
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
  about:
    "Copy worksheets and bundles from another instance of CodaLab Worksheets, whose address is SOURCE.\nCODALAB_USERNAME and CODALAB_PASSWORD are the login there, or CODALAB_TOKEN a token. Everything that this person may read is copied: as root of the source, all. Be an administrator here, so that owners get what is theirs: they are found by their usernames, so let people sign up before. Uuids, names, metadata, items, tags and permissions stay; the time of creation does not. When it was interrupted, run it again: it goes on.",
  async run({ words: [address], json }) {
    const source = sourceAt(platformAddress("SOURCE", address!));
    const report = await importWorksheets(source, await worksheets(), (line) => complain(line));
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
        report.unknownOwners.length > 0
          ? `Without an account here: ${report.unknownOwners.join(", ")}. What they own is yours now.\n`
          : "",
      ].join(""),
    );
    return kinds.every(([, { problems }]) => problems.length === 0) ? exitCodes.done : exitCodes.failed;
  },
};

function sourceAt(url: string): WorksheetsClient {
  const { CODALAB_TOKEN: token, CODALAB_USERNAME: username, CODALAB_PASSWORD: password } = process.env;
  if (token) return new WorksheetsClient(url, () => Promise.resolve(token), interrupted);
  if (username && password) return WorksheetsClient.withPassword(url, username, password, interrupted);
  throw new UsageError("Set CODALAB_USERNAME and CODALAB_PASSWORD, or CODALAB_TOKEN, to log in at the source.");
}

export const worksheetCommands = { canary, "import-worksheets": importAll };
