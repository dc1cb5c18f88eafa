import { execFile } from "node:child_process";
import { repository } from "./files.ts";

/** Runs a program of the project's own dependencies over the whole source; throws what it printed unless it exits with 0. */
export function check(program: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const command = `node_modules/.bin/${program}`;
    execFile(command, args, { cwd: repository, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (!error) return resolve();
      const failure = new Error();
      failure.stack = stdout + stderr || String(error);
      reject(failure);
    });
  });
}
