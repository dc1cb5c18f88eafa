import { parseArgs } from "node:util";
import { ApiError } from "../client/api-client.ts";
import { accountCommands } from "./account.ts";
import { auditCommand } from "./audit.ts";
import { checkWords, exitCodes, parsedOptions, Usage, usageOf, type Command, type ExitCode } from "./command.ts";
import { competitionCommands } from "./competitions.ts";
import { followCommands } from "./follow.ts";
import { participantCommands } from "./participants.ts";
import { phaseCommands } from "./phases.ts";
import { quarantineCommands } from "./quarantine.ts";
import { queueCommands } from "./queues.ts";
import { submissionCommands } from "./submissions.ts";
import { workerCommands } from "./workers.ts";

/** The command line. */

/** What needs much code beside the client is loaded when it is called, so that other commands start at once. */
const groups: [string, Record<string, Command | (() => Promise<Command>)>][] = [
  [
    "Without a platform",
    {
      validate: async () => (await import("./validate.ts")).validateCommand,
      run: async () => (await import("./run.ts")).runCommand,
    },
  ],
  ["Your account", accountCommands],
  ["Competitions", competitionCommands],
  ["Organizing", { ...participantCommands, ...phaseCommands, audit: auditCommand }],
  ["Submissions", { ...submissionCommands, ...followCommands }],
  ["Queues and workers", { ...queueCommands, ...workerCommands, ...quarantineCommands }],
];
const commands = new Map(groups.flatMap(([, group]) => Object.entries(group)));

async function load(name: string): Promise<Command | undefined> {
  const command = commands.get(name);
  return typeof command === "function" ? command() : command;
}

const exits = `Exit codes: 0 done; 1 done, and the result is not good (a bundle with errors, a submission that failed);
2 not understood; 3 refused by the platform; 4 no platform reached, or a fault of its own.
Instead of logging in, scripts set BENCHSTACK_URL and BENCHSTACK_TOKEN.
`;

const described = (name: string, command: Command) =>
  `  ${usageOf(name, command).replaceAll("\n", "\n  ")}\n      ${command.about.replaceAll("\n", "\n      ")}\n`;

async function usage(): Promise<string> {
  const text: string[] = [];
  for (const [title, group] of groups) {
    const names = Object.keys(group);
    const commands = await Promise.all(names.map(async (name) => described(name, (await load(name))!)));
    text.push(`${title}:\n${commands.join("")}`);
  }
  return `${text.join("\n")}\n${exits}`;
}

async function main([name, ...rest]: string[]): Promise<ExitCode> {
  if (name === undefined) throw new Usage("Name a command.");
  if (["help", "--help", "-h"].includes(name)) {
    process.stdout.write(await usage());
    return exitCodes.done;
  }
  const command = await load(name);
  if (!command) throw new Usage(`There is no command "${name}".`);
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
async function failed(error: unknown, [name = ""]: string[]): Promise<ExitCode> {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const { message, code, cause } = error as Error & { code?: unknown };
  if (error instanceof Usage || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"))) {
    const command = await load(name);
    say(command ? `${message}\n\n${described(name, command)}` : `${message} \`benchstack --help\` lists them.`);
    return exitCodes.misused;
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
  return exitCodes.notGood;
}

const given = process.argv.slice(2);
try {
  process.exitCode = await main(given);
} catch (error) {
  process.exitCode = await failed(error, given);
}
