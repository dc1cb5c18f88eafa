import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { repository } from "../../support/files.ts";

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
