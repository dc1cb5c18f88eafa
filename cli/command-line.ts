import type { ExitCode } from "./command.ts";
import { loadCommands } from "./commands.ts";
import { explain } from "./failures.ts";
import { interrupted } from "./interruption.ts";
import { complain, printJson } from "./output.ts";
import { runProgram } from "./program.ts";

/** Runs a command line in this process, and prints its result or its failure. Returns the exit code. */
export async function runCommandLine(args: string[]): Promise<ExitCode> {
  try {
    const commands = await loadCommands(args[0]);
    interrupted.throwIfAborted();
    return await runProgram(commands, args);
  } catch (error) {
    const { exitCode, shown, ...failure } = explain(error);
    if (args.includes("--json")) printJson({ error: failure });
    else complain(shown ?? failure.message);
    return exitCode;
  }
}
