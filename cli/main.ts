import { parseArgs, styleText } from "node:util";
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
import { submissionCommands } from "./submissions.ts";
import { workerCommands } from "./workers.ts";

/** Commands with many dependencies are loaded only when they are called, so that other commands start quickly. */
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

const hints = `\`benchstack COMMAND --help\` describes a command and its options. With --json, every command prints JSON.

Exit codes:
  0  success
  1  negative result, for example a bundle with errors or a failed submission
  2  invalid command line
  3  refused by the platform
  4  the platform could not be reached or failed

Scripts can set BENCHSTACK_URL and BENCHSTACK_TOKEN in place of \`benchstack login\`.
`;

/** The usage of a command and its whole help text. */
const described = (name: string, command: Command) =>
  `Usage: ${usageOf(name, command)}\n\n${command.about.replace("\n", "\n\n")}\n`;

/** One line for each command. */
async function overview(): Promise<string> {
  const loaded = new Map(
    await Promise.all([...commands.keys()].map(async (name) => [name, (await load(name))!] as const)),
  );
  const signature = (name: string) => [name, ...loaded.get(name)!.parameters].join(" ");
  const width = Math.max(...[...commands.keys()].map((name) => signature(name).length));
  const line = (name: string) => `  ${signature(name).padEnd(width)}  ${loaded.get(name)!.about.split("\n")[0]}\n`;
  const sections = groups.map(
    ([title, group]) => `${styleText("bold", title)}\n${Object.keys(group).map(line).join("")}`,
  );
  return `Usage: benchstack COMMAND ...\n\n${sections.join("\n")}\n${hints}`;
}

async function main([name, ...rest]: string[]): Promise<ExitCode> {
  if (name === undefined) throw new UsageError("The command is missing.");
  if (["help", "--help", "-h"].includes(name)) {
    process.stdout.write(await overview());
    return exitCodes.done;
  }
  const command = await load(name);
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
  checkWords(command, words);
  return command.run({
    words,
    text: (option) => values[option] as string | undefined,
    flag: (option) => values[option] === true,
    json: values["json"] === true,
  });
}

/** Codes of refusals after which a new login helps. */
const loginNeeded = new Set(["NOT_LOGGED_IN", "BAD_TOKEN", "TOKEN_EXPIRED"]);

/** Prints an error and returns the exit code for it. */
async function failed(error: unknown, [name = ""]: string[]): Promise<ExitCode> {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const { message, code, cause } = error as Error & { code?: unknown };
  if (error instanceof UsageError || (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS"))) {
    const command = await load(name);
    // parseArgs adds advice about a rare case to its message.
    const [sentence] = message.split(". To specify");
    say(
      command ? `${sentence}\n\n${described(name, command)}` : `${message} \`benchstack --help\` lists the commands.`,
    );
    return exitCodes.usage;
  }
  if (error instanceof ApiError) {
    say(error.code === null ? message : `${message} (${error.code})`);
    if (loginNeeded.has(error.code ?? "")) say("Log in again with `benchstack login URL`.");
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
  process.exitCode = await failed(error, given);
}
