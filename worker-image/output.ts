import { jsonLog } from "./log.ts";
import { correlationVariable } from "./task/contract.ts";

/** The log of this process, on its standard output. In a task it says which request all of it follows from. */
export const log = jsonLog((line) => process.stdout.write(line)).with({
  correlationId: process.env[correlationVariable],
});

// Nobody reads the log any more; that is no reason to drop what runs.
process.stdout.on("error", () => {});
