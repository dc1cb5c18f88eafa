/**
 * The object store as a process of its own, for tests that kill it or measure its memory. Run by `startStoreProcess`:
 * takes its options as JSON in its first argument, tells its endpoint, and answers every message with its peak memory.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ObjectStoreOptions, startObjectStore } from "../../../local/object-store/server.ts";

export interface StoreProcess {
  endpoint: string;
  /** The most memory the process has had so far, in bytes. */
  peakMemory: () => Promise<number>;
  /** Kills it as `kill -9` does, and resolves when it is gone. */
  kill: () => Promise<void>;
}

const message = async (child: ChildProcess): Promise<unknown> => (await once(child, "message"))[0];

export async function startStoreProcess(options: ObjectStoreOptions): Promise<StoreProcess> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)]);
  const endpoint = (await message(child)) as string;
  return {
    endpoint,
    peakMemory: async () => {
      const answer = message(child);
      child.send("memory");
      return (await answer) as number;
    },
    kill: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  const { endpoint } = await startObjectStore(JSON.parse(process.argv[2]!) as ObjectStoreOptions);
  process.send(endpoint);
  process.on("message", () => process.send!(process.resourceUsage().maxRSS * 1024));
}
