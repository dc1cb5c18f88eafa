import { styleText } from "node:util";
import completion from "@bomb.sh/tab/commander";
import { Command as Parser, CommanderError } from "commander";
import { exitCodes, UsageError, type Command, type ExitCode } from "./command.ts";
import { confirm } from "./ask.ts";
import { print } from "./output.ts";
import { version } from "./version.ts";

const hints = `
With --json, a command prints JSON: its result, or {"error": {"code", "message"}}.

Exit codes:
  0    success
  1    negative result, for example a bundle with errors, a failed submission or a file that cannot be read
  2    invalid command line
  3    refused: not logged in, not allowed, or not found, by its id or its name
  4    the platform could not be reached or failed
  130  interrupted

Scripts can set BENCHSTACK_TOKEN in place of \`benchstack login\`. BENCHSTACK_URL is the platform's address then,
http://127.0.0.1:8000 by default. BENCHSTACK_URL alone goes with the stored login if that is for the same address. With NO_COLOR, nothing is coloured or drawn.
\`benchstack complete bash\` (or zsh, fish, powershell) prints a script that completes commands with the Tab key.`;

const firstSteps = `Usage: benchstack COMMAND ...

  login URL                log in to a platform (\`signup URL\` creates an account)
  competitions             list competitions
  submit PHASE SUBMISSION  submit, and follow the submission to its scores
  leaderboard PHASE        show a leaderboard
  validate BUNDLE          check a competition bundle
  create BUNDLE            create a competition from a bundle

\`benchstack --help\` lists all commands. \`benchstack COMMAND --help\` describes one.`;

const maxHelpWidth = 120;
const bold = (text: string) => styleText("bold", text);

/** Runs the command line `args` with the commands of `groups`, which have titles. Returns the exit code. */
export async function runProgram(groups: [string, Record<string, Command>][], args: string[]): Promise<ExitCode> {
  const isCompletion = args[0] === "complete";
  if (args.length === 0) throw new UsageError(firstSteps);
  let code: ExitCode = exitCodes.done;
  const help = {
    helpWidth: process.stdout.isTTY ? Math.min(process.stdout.columns, maxHelpWidth) : maxHelpWidth,
    styleTitle: bold,
  };
  const program = new Parser("benchstack")
    .usage("COMMAND ...")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp({
      ...help,
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace(/ ?\[options\]$/, "")}`.trimEnd(),
    })
    .addHelpText("after", hints)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined, outputError: () => undefined });
  for (const [title, commands] of groups)
    for (const [name, command] of Object.entries(commands)) {
      const [summary, ...details] = command.about.split("\n");
      const words = name.split(" ");
      const parser = words
        .slice(0, -1)
        .reduce((parent, word) => groupNamed(parent, word, title), program)
        .command(words.at(-1)!)
        .helpGroup(`${title}:`)
        .usage([...command.parameters, "[options]"].join(" "))
        .summary(summary!)
        .description(details.length === 0 || isCompletion ? summary! : `${summary}\n\n${details.join(" ")}`)
        .configureHelp({ ...help, visibleArguments: () => [] });
      for (const parameter of command.parameters)
        parser.argument(parameter.startsWith("[") ? parameter : `<${parameter}>`);
      for (const [option, value] of Object.entries(command.options ?? {}))
        parser.option(`--${option}${value === "flag" ? "" : ` <${value}>`}`);
      if (command.question) parser.option("--yes", "do not ask before");
      parser.option("--json", "print JSON");
      parser.action(async () => {
        code = await run(command, parser.args, parser.opts());
      });
    }
  program.commandsGroup("Help:").helpCommand("help [COMMAND]", "Describe a command, or list all.");
  completion(program);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return code;
    const called = calledBy(program, args);
    if (error.code === "commander.help") throw new UsageError(called.helpInformation().trimEnd());
    const usage =
      called === program
        ? "`benchstack --help` lists the commands."
        : `Usage: benchstack ${namesOf(called).join(" ")} ${called.usage()}`;
    throw new UsageError(`${sentenceOf(error)}\n${usage}`);
  }
  return code;
}

/** The command with other commands in it, such as `admin`. It is made for the first of them. */
function groupNamed(parent: Parser, word: string, title: string): Parser {
  const known = parent.commands.find((command) => command.name() === word);
  return (
    known ??
    parent.command(word).helpGroup(`${title}:`).usage("COMMAND ...").summary(`${word} commands`).helpCommand(false)
  );
}

/** The command that the arguments name, as far as they do. */
function calledBy(parent: Parser, [word, ...others]: string[]): Parser {
  const called = parent.commands.find((command) => command.name() === word);
  return called ? calledBy(called, others) : parent;
}

/** The words that call a command. */
const namesOf = (command: Parser): string[] => (command.parent ? [...namesOf(command.parent), command.name()] : []);

async function run(command: Command, words: string[], options: Record<string, unknown>): Promise<ExitCode> {
  const value = (option: string) => options[option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
  const question = options["yes"] ? null : (command.question?.(words) ?? null);
  if (question !== null) await confirm(question);
  return command.run({
    words,
    text: (option) => value(option) as string | undefined,
    // The parser takes `--no-…` for the opposite of an option.
    flag: (option) => (option.startsWith("no-") ? value(option.slice(3)) === false : value(option) === true),
    json: options["json"] === true,
  });
}

/** Makes a sentence of the parser's message. */
function sentenceOf({ message, code }: CommanderError): string {
  const [, missing] = code === "commander.missingArgument" ? (/'(.*)'/.exec(message) ?? []) : [];
  if (missing !== undefined) return `${missing} is missing.`;
  const text = message.replace(/^error: /, "").replace("\n(Did you mean", ". (Did you mean");
  return text[0]!.toUpperCase() + text.slice(1) + (/[.)?]$/.test(text) ? "" : ".");
}
