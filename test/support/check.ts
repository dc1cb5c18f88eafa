/** Runs code checkers, such as ESLint, as tests. */
import { execFile } from "node:child_process";
import { repository } from "./files.ts";

/** Runs a program from the project's dependencies on the whole source. Throws its output unless it exits with 0. */
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
