import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../log.ts";
import type { ByteSink, LaunchRequest } from "./launcher.ts";

const nowhere: ByteSink = { write: () => undefined };

/** A request for a program that does nothing, under the usual limits: it shows whether a machine can run programs. */
export async function trialRequest(
  scratch: string,
  { image, argv, log }: Pick<LaunchRequest, "image" | "argv"> & { log: Log },
): Promise<LaunchRequest> {
  const program = join(scratch, "program");
  await mkdir(program);
  return {
    attempt: "trial",
    name: "program",
    image,
    argv,
    workingDirectory: "/app/program",
    folders: [{ hostPath: program, path: "/app/program", readOnly: false }],
    network: "none",
    limits: { cpus: 0, memoryBytes: 256_000_000, pids: 32, diskBytes: 1_000_000 },
    stdout: nowhere,
    stderr: nowhere,
    scratch,
    log,
  };
}
