import { jsonLog } from "./log.ts";
import { correlationVariable } from "./ecs-task/contract.ts";

/** The log of this process, on its standard output. In a task it says which request all of it follows from. */
export const log = jsonLog((line) => process.stdout.write(line)).with({
  correlationId: process.env[correlationVariable],
});

// When the reader of the log has gone or its disk is full, running attempts continue.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
