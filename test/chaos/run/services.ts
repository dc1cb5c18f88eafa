/** The processes of a platform whose every part can be killed: they have their own ports, which they keep. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { defaultQueueId } from "../../../lambdas/competitions/db/competitions.ts";
import { insertWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { openDatabase, type Db } from "../../../lambdas/kernel/db/connection.ts";
import { hashToken } from "../../../lambdas/kernel/secrets.ts";
import { repository } from "../../support/files.ts";
import { freePort } from "../../support/free-port.ts";
import { startPostgres } from "../../support/postgres.ts";
import { waitFor } from "../../support/wait.ts";
import { keys, region } from "./addresses.ts";

/** A part of the platform that can be killed and started again. */
export interface Service {
  kill(): Promise<void>;
  /** Resolves when it is started, not when it is ready. */
  start(): Promise<void>;
}

export interface Worker extends Service {
  /** By which the platform knows it, once it has started. */
  id(): Promise<string>;
  freeze(): void;
  thaw(): void;
}

export interface Services {
  url: string;
  adminPassword: string;
  db: Db;
  platform: Service;
  database: Service;
  store: Service;
  queues: Service;
  workers: Worker[];
  stop(): Promise<void>;
}

const patienceMs = 120_000;

/** Starts everything with `workers` workers and waits until it is ready. Its files and logs are in `folder`. */
export async function startServices(folder: string, workers: number): Promise<Services> {
  const [port, storePort, queuePort] = [await freePort(), await freePort(), await freePort()];
  const postgres = await startPostgres();
  await keepCommits(postgres.url);
  const adminPassword = randomUUID();
  const settings = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${storePort}`,
    S3_FORCE_PATH_STYLE: "true",
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${queuePort}`,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  };

  /** A program with its log in the folder. */
  function program(name: string, script: string[], environment: Record<string, string>) {
    let child: ChildProcess | undefined;
    return {
      child: () => child,
      async start() {
        const log = openSync(join(folder, `${name}.log`), "a");
        const env = { ...process.env, ...environment };
        // The kernel kills it when this process ends, however that ends.
        const words = ["--pdeathsig=KILL", process.execPath, ...script];
        child = spawn("setpriv", words, { cwd: repository, env, stdio: ["ignore", log, log] });
        closeSync(log);
        await once(child, "spawn");
      },
      async kill() {
        if (!child || child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      },
    };
  }

  const server = (what: string, own: number) =>
    program(what, [join(import.meta.dirname, "servers.ts"), what, String(own), join(folder, what)], {});
  const [store, queues] = [server("store", storePort), server("queues", queuePort)];
  const platform = program("platform", ["scripts/start.ts"], {
    ...settings,
    DATABASE_URL: postgres.url,
    BENCHSTACK_HOME: join(folder, "home"),
    BENCHSTACK_ADMIN_PASSWORD: adminPassword,
    BENCHSTACK_LAUNCHER: "sandbox",
    PORT: String(port),
  });
  const url = `http://127.0.0.1:${port}`;
  await Promise.all([store.start(), queues.start()]);
  const answers = (address: string) => waitFor(address, async () => (await fetch(address)).status > 0, patienceMs);
  await Promise.all([answers(settings.AWS_ENDPOINT_URL_S3), answers(settings.AWS_ENDPOINT_URL_SQS)]);
  await platform.start();
  await waitFor("the platform", async () => (await fetch(`${url}/api/competitions/public/`)).ok, patienceMs);

  const db = openDatabase({ connectionString: postgres.url, maxConnections: 2 });
  const token = `bsw_${randomUUID()}`;
  await insertWorkerToken(db, await defaultQueueId(db), "chaos", hashToken(token));
  const worker = (at: number): Worker => {
    const home = join(folder, `worker-${at}`);
    const own = program(`worker-${at}`, ["worker-image/main.ts"], {
      ...settings,
      BENCHSTACK_API_URL: url,
      BENCHSTACK_WORKER_TOKEN: token,
      BENCHSTACK_WORKER_HOME: home,
      BENCHSTACK_LAUNCHER: "sandbox",
      BENCHSTACK_WORKER_SLOTS: "2",
    });
    return {
      ...own,
      id: async () => (await readFile(join(home, "worker-id"), "utf8")).trim(),
      freeze: () => void own.child()?.kill("SIGSTOP"),
      thaw: () => void own.child()?.kill("SIGCONT"),
    };
  };
  const all = Array.from({ length: workers }, (_, at) => worker(at + 1));
  for (const one of all) await one.start();

  return {
    url,
    adminPassword,
    db,
    platform,
    store,
    queues,
    database: {
      async kill() {
        for (const pid of await processesOf(postgres.data))
          try {
            process.kill(pid, "SIGKILL");
          } catch {
            // It has ended with the server.
          }
        await postgres.halt("immediate");
      },
      start: () => postgres.resume(),
    },
    workers: all,
    async stop() {
      await db.destroy();
      await Promise.all([platform, store, queues, ...all].map((one) => one.kill()));
      await postgres.stop();
    },
  };
}

/** The server and the processes of its connections. */
async function processesOf(data: string): Promise<number[]> {
  const server = Number((await readFile(join(data, "postmaster.pid"), "utf8")).split("\n")[0]);
  const children = await readFile(`/proc/${server}/task/${server}/children`, "utf8");
  return [server, ...children.split(" ").filter(Boolean).map(Number)];
}

/** Servers of tests save time by losing what was committed just before a crash. This one must keep it. */
async function keepCommits(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("alter role postgres set synchronous_commit = on");
  await client.end();
}
