import { exitCodes } from "./command.ts";
import { loadCommands } from "./commands.ts";
import { explain } from "./failures.ts";
import { interrupted, listenForInterruption } from "./interruption.ts";
import { complain, printJson } from "./output.ts";
import { runProgram } from "./program.ts";
import { systemSentence } from "./system-errors.ts";

const args = process.argv.slice(2);
listenForInterruption();
// Who reads the output may stop early, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  complain(systemSentence(Object.assign(error, { path: "Standard output" })) ?? error.message);
  process.exit(exitCodes.failed);
});
// There is nowhere left to say so.
process.stderr.on("error", () => undefined);
try {
  const commands = await loadCommands(args[0]);
  interrupted.throwIfAborted();
  process.exitCode = await runProgram(commands, args);
} catch (error) {
  const { exitCode, shown, ...failure } = explain(error);
  if (args.includes("--json")) printJson({ error: failure });
  else complain(shown ?? failure.message);
  process.exitCode = exitCode;
}
