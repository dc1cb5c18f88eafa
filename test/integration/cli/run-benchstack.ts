import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { runCommandLine } from "../../../cli/command-line.ts";
import { repository } from "../../support/files.ts";
import { keepEnvironment } from "../../support/process-environment.ts";

export interface Ended {
  code: number | null;
  out: string;
  errors: string;
}

/** Runs the command line as a process of its own, with variables beside the environment's and a text as its input. */
export async function benchstack(
  args: string[],
  { env = {}, input = "" }: { env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(repository, "cli/benchstack.mjs"), ...args], {
    env: { ...process.env, ...env },
  });
  child.stdin.end(input);
  const code = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, errors };
}

/**
 * Runs the command line in this process, for tests of what many commands do: a process takes longer than most of them.
 * Only one runs at a time.
 */
export async function benchstackHere(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const restoreEnvironment = keepEnvironment();
  Object.assign(process.env, env);
  const printed = (stream: NodeJS.WriteStream) => {
    let text = "";
    const spy = jest.spyOn(stream, "write").mockImplementation((piece) => {
      text += String(piece);
      return true;
    });
    return () => (spy.mockRestore(), text);
  };
  const [out, errors] = [printed(process.stdout), printed(process.stderr)];
  const code = await runCommandLine(args);
  restoreEnvironment();
  return { code, out: out(), errors: errors() };
}
