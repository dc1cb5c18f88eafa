#!/usr/bin/env node
// Starts the command line with the project's own version of Node, whichever version runs this file.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { advice, isRecent } from "./node-version.mjs";

const own = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));

if (isRecent) await import("./main.ts");
else if (existsSync(own)) {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  child.on("exit", (status, signal) => {
    process.exitCode = signal ? 130 : (status ?? 1);
  });
  // Ctrl-C reaches both processes by itself. The command line decides when to end.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
} else {
  console.error(advice);
  process.exitCode = 1;
}
