import { parseArgs } from "node:util";
import { ApiError } from "../client/api-error.ts";
import { accountCommands } from "./account.ts";
import { auditCommand } from "./audit.ts";
import { checkWords, exitCodes, parsedOptions, UsageError, usageOf, type Command, type ExitCode } from "./command.ts";
import { competitionCommands } from "./competitions.ts";
import { followCommands } from "./follow.ts";
import { participantCommands } from "./participants.ts";
import { phaseCommands } from "./phases.ts";
import { quarantineCommands } from "./quarantine.ts";
import { queueCommands } from "./queues.ts";
import { runCommand } from "./run.ts";
import { submissionCommands } from "./submissions.ts";
import { validateCommand } from "./validate.ts";
import { workerCommands } from "./workers.ts";

/** The command line. */

const groups: [string, Record<string, Command>][] = [
  ["Without a platform", { validate: validateCommand, run: runCommand }],
  ["Your account", accountCommands],
  ["Competitions", competitionCommands],
  ["Organizing", { ...participantCommands, ...phaseCommands, audit: auditCommand }],
  ["Submissions", { ...submissionCommands, ...followCommands }],
  ["Queues and workers", { ...queueCommands, ...workerCommands, ...quarantineCommands }],
];
const commands = new Map(groups.flatMap(([, group]) => Object.entries(group)));

const exits = `Exit codes: 0 done; 1 done, and the result is not good (a bundle with errors, a submission that failed);
2 not understood; 3 refused by the platform; 4 no platform reached, or a fault of its own.
Instead of logging in, scripts set BENCHSTACK_URL and BENCHSTACK_TOKEN.
`;

const described = (name: string, command: Command) =>
  `  ${usageOf(name, command).replaceAll("\n", "\n  ")}\n      ${command.about.replaceAll("\n", "\n      ")}\n`;
const usage = () =>
  groups
    .map(
      ([title, group]) =>
        `${title}:\n${Object.entries(group)
          .map(([name, command]) => described(name, command))
          .join("")}`,
    )
    .join("\n") + `\n${exits}`;

async function main([name, ...rest]: string[]): Promise<ExitCode> {
  if (name === undefined) throw new UsageError("Name a command.");
  if (["help", "--help", "-h"].includes(name)) {
    process.stdout.write(usage());
    return exitCodes.done;
  }
  const command = commands.get(name);
  if (!command) throw new UsageError(`There is no command "${name}".`);
  const { values, positionals: words } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: parsedOptions(command),
  });
  if (values["help"]) {
    process.stdout.write(described(name, command));
    return exitCodes.done;
  }
  checkWords(name, command, words);
  return command.run({
    words,
    text: (option) => values[option] as string | undefined,
    flag: (option) => values[option] === true,
    json: values["json"] === true,
  });
}

/** Codes of refusals that logging in mends. */
const loginNeeded = new Set(["NOT_LOGGED_IN", "BAD_TOKEN", "TOKEN_EXPIRED"]);

/** What went wrong as a sentence, and what a script is to make of it. */
function failed(error: unknown, [name = ""]: string[]): ExitCode {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const { message, code, cause } = error as Error & { code?: unknown };
  if (error instanceof UsageError || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"))) {
    const command = commands.get(name);
    say(command ? `${message}\n\n${described(name, command)}` : `${message} \`benchstack --help\` lists them.`);
    return exitCodes.usage;
  }
  if (error instanceof ApiError) {
    say(`${message} (${error.code})`);
    if (loginNeeded.has(error.code)) say("Log in with `benchstack login URL`.");
    return error.status >= 500 || error.status === 429 ? exitCodes.unavailable : exitCodes.refused;
  }
  if (error instanceof TypeError && message === "fetch failed") {
    say(`The platform cannot be reached: ${(cause as Error | undefined)?.message ?? message}.`);
    return exitCodes.unavailable;
  }
  say(message);
  return exitCodes.failed;
}

const given = process.argv.slice(2);
try {
  process.exitCode = await main(given);
} catch (error) {
  process.exitCode = failed(error, given);
}
