import { jsonLog } from "./log.ts";

/** The log of this process, on its standard output. */
export const log = jsonLog((line) => process.stdout.write(line));

// Nobody reads the log any more; that is no reason to drop what runs.
process.stdout.on("error", () => {});
