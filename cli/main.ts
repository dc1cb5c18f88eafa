import { accountCommands } from "./account.ts";
import { auditCommand } from "./audit.ts";
import { bundleCommands } from "./bundles.ts";
import { competitionCommands } from "./competitions.ts";
import { downloadCommands } from "./downloads.ts";
import { explain } from "./failures.ts";
import { followCommands } from "./follow.ts";
import { listenForInterruption } from "./interruption.ts";
import { organizingCommands } from "./organizing.ts";
import { complain, printJson } from "./output.ts";
import { participantCommands } from "./participants.ts";
import { phaseCommands } from "./phases.ts";
import { runProgram } from "./program.ts";
import { quarantineCommands } from "./quarantine.ts";
import { queueCommands } from "./queues.ts";
import { submissionCommands } from "./submissions.ts";
import { workerCommands } from "./workers.ts";

const args = process.argv.slice(2);
listenForInterruption();
// Who reads the output may stop early, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
try {
  process.exitCode = await runProgram(
    [
      ["Without a platform", bundleCommands],
      ["Your account", accountCommands],
      ["Competitions", { ...competitionCommands, "download-data": downloadCommands["download-data"] }],
      ["Organizing", { ...organizingCommands, ...participantCommands, ...phaseCommands, audit: auditCommand }],
      ["Submissions", { ...submissionCommands, ...followCommands, download: downloadCommands.download }],
      ["Queues and workers", { ...queueCommands, ...workerCommands, ...quarantineCommands }],
    ],
    args,
  );
} catch (error) {
  const { exitCode, ...failure } = explain(error);
  if (args.includes("--json")) printJson({ error: failure });
  else complain(failure.message);
  process.exitCode = exitCode;
}
