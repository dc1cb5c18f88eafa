#!/usr/bin/env node
// Starts the command line with the project's own version of Node, whichever version runs this file.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const minVersion = [24, 2];

const [major, minor] = process.versions.node.split(".").map(Number);
const isRecent = major > minVersion[0] || (major === minVersion[0] && minor >= minVersion[1]);
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
  console.error(
    `Benchstack needs Node.js ${minVersion.join(".")} or later, and this is ${process.versions.node}. \`npm ci\` installs a fitting one for Benchstack only: run it again, without --ignore-scripts.`,
  );
  process.exitCode = 1;
}
