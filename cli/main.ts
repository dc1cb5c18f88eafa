import { exitCodes } from "./command.ts";
import { runCommandLine } from "./command-line.ts";
import { listenForInterruption } from "./interruption.ts";
import { complain } from "./output.ts";
import { systemSentence } from "./system-errors.ts";

listenForInterruption();
// Who reads the output may stop early, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  complain(systemSentence(Object.assign(error, { path: "Standard output" })) ?? error.message);
  process.exit(exitCodes.failed);
});
// There is nowhere left to say so.
process.stderr.on("error", () => undefined);
process.exitCode = await runCommandLine(process.argv.slice(2));
