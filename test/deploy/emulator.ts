import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { waitFor } from "../support/wait.ts";
import { freePort } from "../support/free-port.ts";
import { repository } from "../support/files.ts";

/** An AWS account in an emulator that others wrote: MiniStack. */
export interface Emulator {
  /** Where programs on this machine reach it. */
  url: string;
  port: number;
  /** What AWS's tools and SDKs need to reach it. */
  environment: Record<string, string>;
  stop(): Promise<void>;
}

export const region = "us-east-1";
export const account = "000000000000";

export interface EmulatorOptions {
  /** An address of this machine that containers reach too: it is in signed URLs. */
  publicAddress: string;
  /** Keeps its data and its log. */
  folder: string;
  /** A certificate authority for functions to trust, as Lambda's own machine trusts that of RDS. */
  certificate: string;
}

/** Starts `ministack`, which `npm run test:deploy` puts on the path. Throws its log when it does not come up. */
export async function startEmulator({ publicAddress, folder, certificate }: EmulatorOptions): Promise<Emulator> {
  const port = await freePort();
  const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
  const logFile = join(folder, "emulator.log");
  const log = openSync(logFile, "w");
  const { PATH = "", HOME = "/root" } = process.env;
  const child = spawn("ministack", [], {
    stdio: ["ignore", log, log],
    env: {
      ...credentials,
      HOME,
      // It runs functions with the Node.js that is first there.
      PATH: `${dirname(process.execPath)}:${PATH}`,
      GATEWAY_PORT: String(port),
      BIND_HOST: "0.0.0.0",
      MINISTACK_REGION: region,
      S3_DATA_DIR: join(folder, "s3"),
      STATE_DIR: join(folder, "state"),
      TMPDIR: folder,
      // Functions inherit these. Lambda itself has the SDK for CDK's own functions, and trusts the database's authority.
      NODE_PATH: join(repository, "node_modules"),
      NODE_OPTIONS: "--use-openssl-ca",
      SSL_CERT_FILE: certificate,
      S3_FORCE_PATH_STYLE: "true",
      PUBLIC_S3_ENDPOINT: `http://${publicAddress}:${port}`,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    "the emulator to answer",
    async () => {
      if (child.exitCode !== null) return true;
      return (await fetch(`${url}/_ministack/health`)).ok;
    },
    60_000,
  );
  if (child.exitCode !== null) throw new Error(`The emulator ended:\n${await readFile(logFile, "utf8")}`);
  return {
    url,
    port,
    environment: { ...credentials, AWS_ENDPOINT_URL: url, AWS_REGION: region },
    // It would wait for whoever still has a connection, and has nothing to keep.
    stop: () => end(child, "SIGKILL"),
  };
}

/** Ends a child of this process, and waits until it is gone. */
export async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
