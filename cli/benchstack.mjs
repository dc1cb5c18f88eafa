#!/usr/bin/env node
// Starts the command line with the project's own version of Node, whichever version runs this file.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const main = fileURLToPath(new URL("main.ts", import.meta.url));
const { status, signal } = spawnSync(existsSync(own) ? own : process.execPath, [main, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = signal ? 130 : (status ?? 1);
