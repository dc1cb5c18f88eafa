import { randomBytes } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startFauxqs } from "fauxqs";
import { openDatabase } from "../lambdas/kernel/db/connection.ts";
import { findUserForLogin, setPassword } from "../lambdas/accounts/db/users.ts";
import type { CapacityProfiles } from "../lambdas/jobs/rules/capacity.ts";
import { handler as controlHandler } from "../lambdas/functions/events/control.ts";
import { handler as mailerHandler } from "../lambdas/functions/events/mailer.ts";
import { handler as sweeperHandler } from "../lambdas/functions/events/sweeper.ts";
import type { Environment } from "../lambdas/kernel/environment.ts";
import { currentContext } from "../lambdas/kernel/context.ts";
import { writeLogTo } from "../lambdas/kernel/log.ts";
import { hashPassword, newToken } from "../lambdas/kernel/secrets.ts";
import { setUp } from "../lambdas/functions/setup.ts";
import { startObjectStore } from "./object-store/server.ts";
import { startDatabase } from "./database.ts";
import { pollQueue, schedule } from "./event-sources.ts";
import { openHome } from "./home.ts";
import { startHttpServer } from "./http-server.ts";
import { startMailFolder } from "./mail-folder.ts";
import { startOutsideServices } from "./outside-services.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

const region = "us-east-1";
const buckets = { uploads: "benchstack-uploads", jobs: "benchstack-jobs" };
const controlQueue = "benchstack-control";
const defaultQueue = "benchstack-default";
const mailQueue = "benchstack-mail";
/** In no domain that there is, so that nobody can answer. */
const mailFrom = "benchstack@localhost.invalid";
/** This machine, in the words of a deployment: what a step may have where no queue says otherwise. */
const capacityProfiles: CapacityProfiles = {
  standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 20, gpus: 0, network: true, users: null },
};
/** As often as a schedule on AWS can; here nobody should wait that long for a lost lease. */
const sweepSeconds = 10;

export interface LocalPlatformOptions {
  /** The folder in which everything is kept. */
  home: string;
  /** 0 takes a free one. */
  port: number;
  worker: { slots: number; launcher: "auto" | "docker" | "sandbox"; imagePull: "missing" | "always" } | null;
  /** Whether programs of competitions that want a network have one. */
  allowNetwork: boolean;
  /** Password of the superuser `admin`; null leaves the one it has, or makes one. */
  adminPassword: string | null;
  /** Is told of each message in a line, when it is in the folder of mail. */
  onMail: ((line: string) => void) | null;
}

export interface LocalPlatform {
  url: string;
  /** The password that was made for `admin`, when one was made now. */
  newAdminPassword: string | null;
  worker: WorkerProcess | null;
  /** Stops it all. With `atOnce` what runs is given back and runs again at the next start. */
  close(options?: { atOnce: boolean }): Promise<void>;
}

/**
 * Starts the whole platform in this process, with its worker beside it. DATABASE_URL, AWS_ENDPOINT_URL_S3,
 * AWS_ENDPOINT_URL_SQS, and AWS_ENDPOINT_URL_SESV2 with MAIL_FROM in the environment replace an embedded part by a real one.
 * One a process: the handlers read their settings from the environment, as they do in a Lambda.
 */
export async function startLocalPlatform(options: LocalPlatformOptions): Promise<LocalPlatform> {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  const close = () => (closing ??= closeAll());
  try {
    const home = await openHome(options.home);
    closers.push(() => home.release());
    const folder = async (name: string) => {
      const path = join(home.path, name);
      await mkdir(path, { recursive: true, mode: 0o700 });
      return path;
    };

    const logs = await folder("logs");
    const log = openSync(join(logs, "platform.log"), "a", 0o600);
    closers.push(() => Promise.resolve(closeSync(log)));
    writeLogTo((level, line) => {
      writeSync(log, `${line}\n`);
      if (level !== "info") process.stderr.write(`${line}\n`);
    });

    const environment = { ...process.env };
    if (!environment["DATABASE_URL"]) {
      const database = await startDatabase(await folder("database"));
      closers.push(() => database.close());
      environment["DATABASE_URL"] = database.connectionString;
      environment["DATABASE_MAX_CONNECTIONS"] = String(database.maxConnections);
    }
    if (!environment["AWS_ENDPOINT_URL_S3"]) {
      const store = await startObjectStore({
        directory: await folder("objects"),
        ...home.credentials,
        region,
        buckets: Object.values(buckets),
      });
      closers.push(() => store.close());
      environment["AWS_ENDPOINT_URL_S3"] = store.endpoint;
      environment["S3_FORCE_PATH_STYLE"] = "true";
    }
    if (!environment["AWS_ENDPOINT_URL_SQS"]) {
      const queues = await startFauxqs({
        port: 0,
        host: "127.0.0.1",
        logger: false,
        defaultRegion: region,
        dataDir: await folder("queues"),
      });
      closers.push(() => queues.stop());
      for (const name of [controlQueue, defaultQueue, mailQueue])
        // Making it again would empty it.
        if (!queues.inspectQueue(name)) queues.createQueue(name, { region });
      environment["AWS_ENDPOINT_URL_SQS"] = `http://127.0.0.1:${queues.port}`;
    }
    const outside = await startOutsideServices();
    closers.push(() => outside.close());
    environment["AWS_ENDPOINT_URL_LAMBDA"] = outside.url;
    environment["AWS_ENDPOINT_URL_STS"] = outside.url;
    environment["WORKER_FUNCTION"] = outside.workerFunction;
    environment["OUTGOING_MAIL_FUNCTION"] = outside.outgoingMailFunction;
    environment["QUEUE_ROLE_ARN"] = "arn:aws:iam::000000000000:role/benchstack-queues";
    if (!environment["AWS_ENDPOINT_URL_SESV2"]) {
      const mail = await startMailFolder(await folder("mail"), options.onMail);
      closers.push(() => mail.close());
      environment["AWS_ENDPOINT_URL_SESV2"] = mail.url;
      environment["MAIL_FROM"] = mailFrom;
    }
    environment["AWS_REGION"] ??= region;
    environment["AWS_ACCESS_KEY_ID"] ??= home.credentials.accessKeyId;
    environment["AWS_SECRET_ACCESS_KEY"] ??= home.credentials.secretAccessKey;

    const { workerToken, newAdminPassword } = await prepareDatabase(environment["DATABASE_URL"], options.adminPassword);

    const server = await startHttpServer({ host: "127.0.0.1", port: options.port });
    closers.push(() => server.close());
    const url = `http://127.0.0.1:${server.port}`;
    const queuePrefix = `${environment["AWS_ENDPOINT_URL_SQS"]}/000000000000/`;
    const settings: Partial<Record<keyof Environment, string>> = {
      DATABASE_MAX_CONNECTIONS: environment["DATABASE_MAX_CONNECTIONS"] ?? "4",
      UPLOADS_BUCKET: buckets.uploads,
      JOBS_BUCKET: buckets.jobs,
      QUEUE_URL_PREFIX: queuePrefix,
      QUEUE_ARN_PREFIX: `arn:aws:sqs:${environment["AWS_REGION"]}:000000000000:`,
      CONTROL_QUEUE: controlQueue,
      MAIL_QUEUE: mailQueue,
      ORGANIZER_QUEUE_PREFIX: "benchstack-queue-",
      PUBLIC_URL: url,
      ALLOW_NETWORK: String(options.allowNetwork),
      CAPACITY_PROFILES: JSON.stringify(capacityProfiles),
    };
    Object.assign(process.env, environment, settings);

    closers.push(() => currentContext().db.destroy());
    const control = pollQueue(queuePrefix + controlQueue, controlHandler);
    closers.push(() => control.stop());
    const mailer = pollQueue(queuePrefix + mailQueue, mailerHandler);
    closers.push(() => mailer.stop());
    const sweeper = schedule(sweepSeconds, sweeperHandler);
    closers.push(() => sweeper.stop());

    const worker =
      options.worker &&
      (await startWorkerProcess(
        {
          BENCHSTACK_API_URL: url,
          BENCHSTACK_WORKER_TOKEN: workerToken,
          BENCHSTACK_WORKER_HOME: await folder("worker"),
          BENCHSTACK_WORKER_SLOTS: String(options.worker.slots),
          BENCHSTACK_LAUNCHER: options.worker.launcher,
          BENCHSTACK_IMAGE_PULL: options.worker.imagePull,
        },
        { logs },
      ));
    return {
      url,
      newAdminPassword,
      worker,
      async close({ atOnce } = { atOnce: false }) {
        await (atOnce ? worker?.release() : worker?.stop());
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Makes what a fresh platform has. A password of the superuser that was asked for is set, and one that is needed made up. */
async function prepareDatabase(connectionString: string, adminPassword: string | null) {
  const db = openDatabase({ connectionString, maxConnections: 1 });
  try {
    const password = adminPassword ?? randomBytes(12).toString("base64url");
    const { token } = newToken("bsw");
    const { administratorIsNew } = await setUp(db, {
      administrator: { username: "admin", password },
      defaultQueue,
      workerToken: token,
    });
    if (!administratorIsNew && adminPassword !== null) {
      const admin = await findUserForLogin(db, "admin");
      await setPassword(db, admin!.id, await hashPassword(adminPassword));
    }
    return { workerToken: token, newAdminPassword: administratorIsNew && adminPassword === null ? password : null };
  } finally {
    await db.destroy();
  }
}

/** Removes a home and all that is in it. */
export const removeHome = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
