#!/usr/bin/env node
// Starts the command line with the project's own version of Node, whichever version runs this file.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { advice, isRecent } from "./node-version.mjs";
import { endInterrupted, signals } from "./signals.mjs";

const own = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));

if (isRecent) await import("./start.mjs");
else if (existsSync(own)) {
  const start = fileURLToPath(new URL("start.mjs", import.meta.url));
  // The channel tells the child when this process ends.
  const child = spawn(own, [start, ...process.argv.slice(2)], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  child.on("error", (error) => {
    console.error(`${own} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  // It says when it listens for signals. From then on it says itself that it was interrupted, even if one ends it while it exits.
  let listens = false;
  child.on("message", () => (listens = true));
  child.on("close", (status, signal) => {
    const isInterrupted = signals.includes(signal);
    if (isInterrupted && !listens) endInterrupted();
    process.exitCode = isInterrupted ? 130 : (status ?? 1);
  });
  // A terminal's Ctrl-C reaches both processes: the command line takes the two signals for one.
  for (const signal of signals) process.on(signal, () => child.kill(signal));
} else {
  console.error(advice);
  process.exitCode = 1;
}
