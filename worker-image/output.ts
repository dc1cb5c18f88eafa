import { jsonLog } from "./log.ts";

/** The log of this process, on its standard output. */
export const log = jsonLog((line) => process.stdout.write(line));

// When the reader of the log has gone, running attempts continue.
process.stdout.on("error", () => {});
