/**
 * `npm start`: runs the whole platform on one machine until Ctrl-C. docs/one-machine.md has its settings, which it reads
 * from the environment.
 */
import { readFileSync } from "node:fs";
import * as z from "zod";
import { systemSentence } from "../cli/system-errors.ts";
import { harmlessLine } from "../cli/terminal.ts";
import { usableLauncher, type LocalLauncher } from "../cli/this-machine.ts";
import { domainsSchema, signInProblem, signUpModes, signUpSchema } from "../lambdas/accounts/rules/sign-in-options.ts";
import { readIdentityProviders } from "../local/identity-providers.ts";
import { defaultDeletionGraceDays, maxDeletionGraceDays } from "../lambdas/accounts/rules/leaving.ts";
import { worksheetsOptionsSchema } from "../lambdas/kernel/worksheets-options.ts";
import { freeTriesSchema } from "../lambdas/accounts/rules/throttle.ts";
import { plainProblem } from "../lambdas/kernel/plain-problems.ts";
import { Unavailable } from "../lambdas/kernel/outages/unavailable.ts";
import { HomeInUse } from "../local/home.ts";
import { readableBytes, registryList, setVariables, wholeNumber } from "../worker-image/config.ts";
import { ConfigError } from "../worker-image/config-error.ts";
import { buildWeb } from "./web/build.ts";
import { startLocalPlatform, type LocalPlatform } from "../local/platform.ts";

const flag = z.stringbool("must be true or false");
/** Options in JSON, with their defaults. */
const jsonOf = <Schema extends z.ZodType>(schema: Schema, example: string) =>
  z.preprocess((text, context) => {
    try {
      return JSON.parse(String(text)) as unknown;
    } catch {
      context.addIssue(`must be JSON such as ${example}`);
      return z.NEVER;
    }
  }, schema);
const oneOf = <const Word extends string>(words: Word[]) => z.enum(words, `must be ${words.join(" or ")}`);

const settingsSchema = z.object({
  HOST: z.string().default("127.0.0.1"),
  PORT: wholeNumber(0, 65535).default(8000),
  BENCHSTACK_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: "must be an address such as https://bench.example.org", abort: true })
    .refine((url) => new URL(url).pathname === "/", "must be an address without a path")
    .transform((url) => new URL(url).origin)
    .optional(),
  BENCHSTACK_HOME: z.string().default(".benchstack"),
  BENCHSTACK_ADMIN_PASSWORD: z.string().min(8, "must have at least 8 characters").optional(),
  BENCHSTACK_WORKER_SLOTS: wholeNumber(1, 1000).default(1),
  BENCHSTACK_LAUNCHER: oneOf(["auto", "docker", "sandbox"]).default("auto"),
  BENCHSTACK_ALLOW_NETWORK: flag.default(false),
  BENCHSTACK_SIGN_UP: oneOf(["true", "false", ...signUpModes]).default("true"),
  BENCHSTACK_SIGN_UP_DOMAINS: z
    .string()
    .transform((text) => text.split(",").map((domain) => domain.trim()))
    .pipe(domainsSchema)
    .default([]),
  BENCHSTACK_PASSWORD_SIGN_IN: flag.default(true),
  BENCHSTACK_IDENTITY_PROVIDERS: z.string().optional(),
  BENCHSTACK_FREE_TRIES: jsonOf(freeTriesSchema, '{"signUp": 500}').prefault("{}"),
  BENCHSTACK_STORAGE_QUOTA: readableBytes.default(15e9),
  BENCHSTACK_WORKSHEETS: jsonOf(worksheetsOptionsSchema, '{"protectedMode": true}').prefault("{}"),
  BENCHSTACK_LINK_FOLDERS: z
    .string()
    .transform((text) => text.split(":"))
    .default([]),
  BENCHSTACK_DELETION_GRACE_DAYS: wholeNumber(0, maxDeletionGraceDays).default(defaultDeletionGraceDays),
  BENCHSTACK_MAX_STEP_SECONDS: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(600),
  BENCHSTACK_IMAGE_PULL: oneOf(["missing", "always"]).default("missing"),
  // The worker inherits these. A mistake is told here, because the worker writes to its log.
  BENCHSTACK_IMAGE_CACHE: readableBytes.optional(),
  BENCHSTACK_CACHE_BYTES: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  BENCHSTACK_DISK_RESERVE: readableBytes.optional(),
  BENCHSTACK_PRIVATE_REGISTRIES: registryList.optional(),
});

const isLoopback = (host: string) => /^(localhost|127\..*|::1)$/.test(host);

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function readSettings() {
  const parsed = settingsSchema.safeParse(setVariables(process.env), { error: plainProblem });
  if (parsed.success) return parsed.data;
  return fail(
    parsed.error.issues
      .map(({ path, message }) => `${path.join(".")}${/^[A-Z]/.test(message) ? ":" : ""} ${message}`)
      .join("\n"),
  );
}

/** How people come in. The file with the identity providers has their client secrets as well. */
function readSignIn(settings: ReturnType<typeof readSettings>) {
  const file = settings.BENCHSTACK_IDENTITY_PROVIDERS;
  try {
    const { providers, secrets } = readIdentityProviders(file === undefined ? "{}" : readFileSync(file, "utf8"));
    const { BENCHSTACK_SIGN_UP } = settings;
    const signIn = {
      signUp: signUpSchema.parse(
        /^(true|false)$/.test(BENCHSTACK_SIGN_UP) ? BENCHSTACK_SIGN_UP === "true" : BENCHSTACK_SIGN_UP,
      ),
      signUpDomains: settings.BENCHSTACK_SIGN_UP_DOMAINS,
      passwordSignIn: settings.BENCHSTACK_PASSWORD_SIGN_IN,
      identityProviders: providers,
    };
    const problem = signInProblem(signIn);
    if (problem) fail(`${variableOf[problem.option]} ${problem.message}`);
    return { signIn, identitySecrets: secrets };
  } catch (error) {
    return fail(`BENCHSTACK_IDENTITY_PROVIDERS: ${systemSentence(error) ?? (error as Error).message}`);
  }
}

const variableOf = {
  signUp: "BENCHSTACK_SIGN_UP",
  signUpDomains: "BENCHSTACK_SIGN_UP_DOMAINS",
  passwordSignIn: "BENCHSTACK_PASSWORD_SIGN_IN",
  identityProviders: "BENCHSTACK_IDENTITY_PROVIDERS",
};

async function start(
  settings: ReturnType<typeof readSettings>,
): Promise<{ local: LocalPlatform; launcher: LocalLauncher }> {
  const signIn = readSignIn(settings);
  try {
    const launcher = await usableLauncher(settings.BENCHSTACK_LAUNCHER);
    const local = await startLocalPlatform({
      home: settings.BENCHSTACK_HOME,
      host: settings.HOST,
      port: settings.PORT,
      publicUrl: settings.BENCHSTACK_PUBLIC_URL ?? null,
      adminPassword: settings.BENCHSTACK_ADMIN_PASSWORD ?? null,
      allowNetwork: settings.BENCHSTACK_ALLOW_NETWORK,
      ...signIn,
      freeTries: settings.BENCHSTACK_FREE_TRIES,
      storageQuotaBytes: settings.BENCHSTACK_STORAGE_QUOTA,
      worksheets: settings.BENCHSTACK_WORKSHEETS,
      linkFolders: settings.BENCHSTACK_LINK_FOLDERS,
      deletionGraceDays: settings.BENCHSTACK_DELETION_GRACE_DAYS,
      maxStepSeconds: settings.BENCHSTACK_MAX_STEP_SECONDS,
      web: await buildWeb((line) => console.log(line)),
      onMail: (line) => console.log(harmlessLine(line)),
      worker: {
        slots: settings.BENCHSTACK_WORKER_SLOTS,
        launcher,
        imagePull: settings.BENCHSTACK_IMAGE_PULL,
      },
    });
    return { local, launcher };
  } catch (error) {
    if (error instanceof HomeInUse) fail(`${error.message} Stop it, or set BENCHSTACK_HOME to another folder.`);
    if (error instanceof ConfigError) fail(`${error.message}.`);
    if (error instanceof Unavailable)
      fail(`${error.message}. Start it, or check DATABASE_URL and the addresses that begin with AWS_ENDPOINT_URL.`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") fail(`Port ${settings.PORT} is in use. Set PORT to another port.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      fail(`This machine has no address ${settings.HOST}. Set HOST to one of its addresses, or to 0.0.0.0 for all.`);
    const sentence = systemSentence(error);
    if (sentence === undefined) throw error;
    fail(sentence);
  }
}

// When a terminal has gone or the disk of a log is full, lines are lost and not the platform.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

const [word] = process.argv.slice(2);
if (word === "--help" || word === "-h") {
  console.log(`npm start runs the whole platform on this machine until Ctrl-C. These variables of the environment are its settings, for
instance PORT=9000 npm start. docs/one-machine.md explains them:

  ${Object.keys(settingsSchema.shape).join("\n  ")}`);
  process.exit(0);
}
if (word !== undefined) fail(`npm start takes no arguments, so ${word} would change nothing. Try npm start -- --help.`);

const settings = readSettings();
const { local, launcher } = await start(settings);
let stops = 0;
const stop = () => {
  stops += 1;
  if (stops === 1) {
    console.log(
      "Stopping after running submissions have finished. Press Ctrl-C again to stop at once; they then run again at the next start.",
    );
    void local.close().then(() => process.exit(0));
  } else if (stops === 2) void local.close({ atOnce: true }).then(() => process.exit(0));
};
process.on("SIGINT", stop).on("SIGTERM", stop);

if (local.newAdminPassword !== null)
  console.log(`Log in as admin with the password ${local.newAdminPassword} (it is not shown again).`);
if (launcher === "docker") console.log("Programs run in containers of this machine's Docker engine.");
else {
  const why = settings.BENCHSTACK_LAUNCHER === "auto" ? " because no Docker engine answers" : "";
  console.log(
    `WARNING: Programs run in a sandbox of Linux namespaces${why}. It ignores the image of a competition and uses this machine's software. It is not safe for code that you do not trust.`,
  );
}
if (!isLoopback(settings.HOST) && settings.BENCHSTACK_PUBLIC_URL === undefined)
  console.log(
    "To use it from other machines, set BENCHSTACK_PUBLIC_URL to its address there: links and files need it.",
  );
console.log(`Benchstack is ready at ${local.url}\nPress Ctrl-C to stop it.`);
