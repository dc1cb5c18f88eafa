/** A second platform, in a process of its own, because one process has one. It ends with its input. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startTestPlatform } from "../../support/platform.ts";

export interface SecondPlatform {
  url: string;
  /** Of its administrator. */
  token: string;
  close(): Promise<void>;
}

/** Starts it. Do so before the platform of this process, whose settings it would inherit. */
export async function startSecondPlatform(): Promise<SecondPlatform> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url, token] = /^ready at (\S+) with (\S+)$/.exec(line) ?? [];
    if (url === undefined || token === undefined) continue;
    child.stdout.resume();
    return {
      url,
      token,
      async close() {
        child.stdin.end();
        await ended;
      },
    };
  }
  throw new Error("the second platform ended before it was ready");
}

if (import.meta.main) {
  const platform = await startTestPlatform({ database: "postgres", worker: null });
  console.log(`ready at ${platform.url} with ${platform.admin.token}`);
  process.stdin.resume().on("end", () => void platform.close().then(() => process.exit(0)));
}
