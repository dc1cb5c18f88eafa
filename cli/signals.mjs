// Plain JavaScript, because any version of Node runs it.

/** The signals that end a command. */
export const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Says that the command was interrupted, before it could begin, and ends this process as it ends then. */
export function endInterrupted() {
  const message = "Interrupted.";
  if (process.argv.includes("--json"))
    console.log(JSON.stringify({ error: { code: "INTERRUPTED", message } }, null, 2));
  else console.error(message);
  process.exit(130);
}
