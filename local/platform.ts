import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { OfferedProfiles } from "../contract/capacity-profile.ts";
import { openUrl } from "../gateway/open-url.ts";
import { answerContents, isForContents } from "../gateway/requests.ts";
import type { WorksheetsOptions } from "../lambdas/kernel/worksheets-options.ts";
import { openDatabase } from "../lambdas/kernel/db/connection.ts";
import { findUserForLogin, setPassword } from "../lambdas/accounts/db/users.ts";
import { signInVariable, type SignInOptions } from "../lambdas/accounts/rules/sign-in-options.ts";
import type { Throttle } from "../lambdas/accounts/rules/throttle.ts";
import { namesOfQueues } from "../lambdas/jobs/db/queues.ts";
import { handler as controlHandler } from "../lambdas/functions/events/control.ts";
import { handler as mailerHandler } from "../lambdas/functions/events/mailer.ts";
import { handler as sweeperHandler } from "../lambdas/functions/events/sweeper.ts";
import { toEnvironment, type Variables } from "../lambdas/kernel/environment.ts";
import { storageOrigins } from "../lambdas/kernel/objects/storage-origins.ts";
import { currentContext } from "../lambdas/functions/context.ts";
import { closeContexts } from "../lambdas/functions/worker-context.ts";
import { writeLogTo } from "../lambdas/kernel/log.ts";
import { hashPassword, newToken } from "../lambdas/kernel/secrets.ts";
import { setUp } from "../lambdas/functions/setup.ts";
import { openObjectStore } from "./object-store/server.ts";
import { isPublicAddress } from "../worker-image/registry/addresses.ts";
import { serveBackups, type BackedUp } from "./backup/backup-socket.ts";
import { startDatabase } from "./database.ts";
import { pollQueue, schedule } from "./event-sources.ts";
import { openHome } from "./home.ts";
import { isOfApi, startHttpServer, type Neighbour } from "./http-server.ts";
import { linkFolders } from "./link-folders.ts";
import { LentQueues } from "./lent-queues.ts";
import { openLogFile } from "./log-file.ts";
import { startMailFolder } from "./mail-folder.ts";
import { startQueues } from "./queues.ts";
import { startOutsideServices } from "./outside-services.ts";
import { webFiles } from "./web-files.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

const region = "us-east-1";
const buckets = { uploads: "benchstack-uploads", jobs: "benchstack-jobs" };
const controlQueue = "benchstack-control";
const defaultQueue = "benchstack-default";
const mailQueue = "benchstack-mail";
const identitySecret = "benchstack-identity-providers";
/** In a domain that cannot exist, so that nobody can reply. */
const mailFrom = "benchstack@localhost.invalid";
/** The one capacity profile of this platform. Its worker runs every step on this machine, whatever the size says. */
const capacityProfiles: OfferedProfiles = {
  standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true, users: null },
};
/** Shorter than on AWS, where schedules run once a minute at most: a lost lease should be recovered soon. */
const sweepSeconds = 10;

export interface LocalPlatformOptions {
  /** The folder for all data. */
  home: string;
  /** The address to listen on. */
  host: string;
  /** 0 selects a free port. */
  port: number;
  /** The address for people and organizers' workers, if it is not that of `host` and `port`. */
  publicUrl: string | null;
  worker: { slots: number; launcher: "docker" | "sandbox"; imagePull: "missing" | "always" } | null;
  /** Whether programs get a network if their competition asks for one. */
  allowNetwork: boolean;
  /** How people come in. */
  signIn: SignInOptions;
  /** The client secrets of identity providers, by their ids. */
  identitySecrets: Record<string, string>;
  /** How many tries of what is throttled are free. Others have their defaults. */
  freeTries: Partial<Record<Throttle, number>>;
  /** How many bytes a person may store for whom no administrator has set another number. */
  storageQuotaBytes: number;
  /** How worksheets are set up. */
  worksheets: WorksheetsOptions;
  /** Folders of this machine that bundles may be links to. */
  linkFolders: string[];
  /** How many days people can take the deletion of their account back. */
  deletionGraceDays: number;
  /** The longest time limit of a step on the default queue. */
  maxStepSeconds: number;
  /** Password of the superuser `admin`. Null keeps the existing password, or generates one for a new platform. */
  adminPassword: string | null;
  /** The folder of the built web application. Null serves only the API. */
  web: string | null;
  /** Called with one line of text for each message in the mail folder. */
  onMail: ((line: string) => void) | null;
}

export interface LocalPlatform {
  /** The address for people. */
  url: string;
  /** The generated password of `admin`; null unless it was generated now. */
  newAdminPassword: string | null;
  worker: WorkerProcess | null;
  /**
   * Finishes running attempts and stops. With `atOnce`, running attempts are returned and run again at the next start.
   */
  close(options?: { atOnce: boolean }): Promise<void>;
}

/**
 * Starts the whole platform in this process, and its worker in another one. When DATABASE_URL, AWS_ENDPOINT_URL_S3,
 * AWS_ENDPOINT_URL_SQS, or AWS_ENDPOINT_URL_SESV2 with MAIL_FROM are set, it uses these services in place of the
 * embedded ones. A process can run only one platform at a time, because the Lambda handlers read their settings from the
 * environment.
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
    closers.push(() => Promise.resolve(home.release()));
    const folder = async (name: string) => {
      const path = join(home.path, name);
      await mkdir(path, { recursive: true, mode: 0o700 });
      return path;
    };

    const logs = await folder("logs");
    const log = openLogFile(join(logs, "platform.log"));
    closers.push(() => Promise.resolve(log.close()));
    writeLogTo((level, line) => {
      log.write(line);
      if (level !== "info") process.stderr.write(`${line}\n`);
    });

    // First of all the servers, because its port may be in use.
    const server = await startHttpServer({ host: options.host, port: options.port });
    closers.push(() => server.close());
    const insideUrl = `http://${ownHost(options.host)}:${server.port}`;
    const url = options.publicUrl ?? insideUrl;
    const neighbours: Neighbour[] = [];

    const environment = { ...process.env };
    const backedUp: BackedUp = { database: null, store: null };
    if (!environment["DATABASE_URL"]) {
      const database = await startDatabase(await folder("database"));
      closers.push(() => database.close());
      backedUp.database = database;
      environment["DATABASE_URL"] = database.connectionString;
      environment["DATABASE_MAX_CONNECTIONS"] = String(database.maxConnections);
    }
    if (!environment["AWS_ENDPOINT_URL_S3"]) {
      const store = await openObjectStore({
        directory: await folder("objects"),
        ...home.credentials,
        region,
        buckets: Object.values(buckets),
        signedHost: new URL(url).host,
      });
      neighbours.push(store);
      backedUp.store = store;
      environment["AWS_ENDPOINT_URL_S3"] = insideUrl;
      environment["PUBLIC_S3_ENDPOINT"] = url;
      environment["S3_FORCE_PATH_STYLE"] = "true";
    }
    let createQueues = (_names: string[]): void => undefined;
    if (!environment["AWS_ENDPOINT_URL_SQS"]) {
      const queues = await startQueues(region, await folder("queues"));
      closers.push(() => queues.stop());
      createQueues = (names) => {
        // Creating an existing queue would empty it.
        for (const name of names) if (!queues.inspectQueue(name)) queues.createQueue(name, { region });
      };
      createQueues([controlQueue, defaultQueue, mailQueue]);
      environment["AWS_ENDPOINT_URL_SQS"] = `http://127.0.0.1:${queues.port}`;
      environment["LENT_QUEUE_URL_PREFIX"] = `${url}/000000000000/`;
    }
    const lentQueues = new LentQueues(home.credentials.secretAccessKey, environment["AWS_ENDPOINT_URL_SQS"]);
    neighbours.push(lentQueues);
    const outside = await startOutsideServices((lent) => lentQueues.lend(lent), {
      name: identitySecret,
      value: JSON.stringify(options.identitySecrets),
    });
    closers.push(() => outside.close());
    environment["AWS_ENDPOINT_URL_LAMBDA"] = outside.url;
    environment["AWS_ENDPOINT_URL_STS"] = outside.url;
    environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = outside.url;
    const credentials: Variables<"credentials"> = {
      WORKER_FUNCTION: outside.workerFunction,
      QUEUE_ROLE_ARN: "arn:aws:iam::000000000000:role/benchstack-queues",
    };
    const signIn: Variables<"signIn"> = {
      ACCOUNTS_FUNCTION: outside.accountsFunction,
      IDENTITY_PROVIDERS: JSON.stringify(options.signIn.identityProviders),
      IDENTITY_SECRET: identitySecret,
      PUBLIC_URL: url,
    };
    if (!environment["AWS_ENDPOINT_URL_SESV2"]) {
      const mail = await startMailFolder(await folder("mail"), options.onMail);
      closers.push(() => mail.close());
      environment["AWS_ENDPOINT_URL_SESV2"] = mail.url;
      environment["MAIL_FROM"] = mailFrom;
    }
    const mail: Variables<"mailer"> = {
      OUTGOING_MAIL_FUNCTION: outside.outgoingMailFunction,
      MAIL_FROM: environment["MAIL_FROM"] ?? mailFrom,
    };
    environment["AWS_REGION"] ??= region;
    environment["AWS_ACCESS_KEY_ID"] ??= home.credentials.accessKeyId;
    environment["AWS_SECRET_ACCESS_KEY"] ??= home.credentials.secretAccessKey;

    const { workerToken, newAdminPassword, queueNames } = await prepareDatabase(
      environment["DATABASE_URL"],
      options.adminPassword,
    );
    // A backup has no queues, because the database knows what waits in them.
    createQueues(queueNames);
    const backups = await serveBackups(home.path, backedUp);
    closers.push(() => backups.close());

    const queuePrefix = `${environment["AWS_ENDPOINT_URL_SQS"]}/000000000000/`;
    const inside: Variables<"inside"> = {
      DATABASE_URL: environment["DATABASE_URL"],
      UPLOADS_BUCKET: buckets.uploads,
      JOBS_BUCKET: buckets.jobs,
      QUEUE_URL_PREFIX: queuePrefix,
      QUEUE_ARN_PREFIX: `arn:aws:sqs:${environment["AWS_REGION"]}:000000000000:`,
      CONTROL_QUEUE: controlQueue,
      SCALING_QUEUE: undefined,
      MAIL_QUEUE: mailQueue,
      DEFAULT_QUEUE: defaultQueue,
      ORGANIZER_QUEUE_PREFIX: "benchstack-queue-",
      METRICS_NAMESPACE: undefined,
      PUBLIC_URL: url,
      SIGN_IN: signInVariable(options.signIn),
      FREE_TRIES: JSON.stringify(options.freeTries),
      DELETION_GRACE_DAYS: String(options.deletionGraceDays),
      MAX_EXECUTION_TIME_LIMIT: String(options.maxStepSeconds),
      STORAGE_QUOTA_BYTES: String(options.storageQuotaBytes),
      WORKSHEETS: JSON.stringify(options.worksheets),
      STREAMS_CONTENTS: "everything",
      LINK_FOLDERS: JSON.stringify(await linkFolders(options.linkFolders, home.path)),
      ALLOW_NETWORK: String(options.allowNetwork),
      ORGANIZER_IMAGE: undefined,
      HOST_OFFER: undefined,
      NODE_EXTRA_CA_CERTS: undefined,
    };
    environment["DATABASE_MAX_CONNECTIONS"] ??= "4";
    const outsideVariables = [toEnvironment(credentials), toEnvironment(mail), toEnvironment(signIn)];
    Object.assign(process.env, environment, toEnvironment(inside), ...outsideVariables);

    closers.push(closeContexts);
    const open = openUrl(isPublicAddress);
    neighbours.push({ isFor: isForContents, answer: (...both) => answerContents(...both, open) });
    if (options.web !== null)
      neighbours.push(webFiles(options.web, await storageOrigins(currentContext().objects), isOfApi));
    server.open(neighbours);
    closers.push(() => Promise.resolve(server.pause()));
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
          BENCHSTACK_API_URL: insideUrl,
          BENCHSTACK_PUBLIC_URL: url,
          BENCHSTACK_WORKER_TOKEN: workerToken,
          BENCHSTACK_WORKER_HOME: await folder("worker"),
          BENCHSTACK_PLATFORM_HOME: home.path,
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

/** The host by which this machine reaches a server that listens on `host`. */
function ownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

/**
 * Creates the initial data of a new platform, and sets the password of the superuser: the given one, or a generated one
 * for a new platform.
 */
async function prepareDatabase(connectionString: string, adminPassword: string | null) {
  const db = openDatabase({ connectionString, maxConnections: 1 });
  try {
    const password = adminPassword ?? randomBytes(12).toString("base64url");
    const { token } = newToken("bsw");
    const { administratorIsNew } = await setUp(db, {
      administrator: { username: "admin", password },
      defaultQueue,
      workerToken: token,
      // The workers of this machine use `docker login`.
      sealingKey: null,
      profiles: capacityProfiles,
      // Whoever wants one runs `benchstack canary` on a schedule.
      canaryTokenHash: null,
    });
    if (!administratorIsNew && adminPassword !== null) {
      const admin = await findUserForLogin(db, "admin");
      await setPassword(db, admin!.id, await hashPassword(adminPassword));
    }
    return {
      workerToken: token,
      newAdminPassword: administratorIsNew && adminPassword === null ? password : null,
      queueNames: await namesOfQueues(db),
    };
  } finally {
    await db.destroy();
  }
}

/** Removes a home with all its data. */
export const removeHome = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
