/**
 * `npm start`: runs the whole platform on one machine until Ctrl-C. Reads from the environment:
 *
 *     PORT                         port of the platform, 8000 by default
 *     BENCHSTACK_HOME              folder of its data, .benchstack by default
 *     BENCHSTACK_ADMIN_PASSWORD    password of the administrator; by default one is made at the first start
 *     BENCHSTACK_WORKER_SLOTS      number of jobs that run at a time, 1 by default
 *     BENCHSTACK_LAUNCHER          docker or sandbox; auto, the default, takes Docker if an engine answers
 *     BENCHSTACK_IMAGE_PULL        missing (the default) or always: when to pull an image
 *     BENCHSTACK_ALLOW_NETWORK     true gives programs a network if their competition asks for one; false by default
 *     BENCHSTACK_SIGN_UP           false lets only administrators create accounts; true by default
 *     BENCHSTACK_MAX_STEP_SECONDS  longest time limit of a step on the default queue, 600 by default
 */
import * as z from "zod";
import { systemSentence } from "../cli/system-errors.ts";
import { HomeInUse } from "../local/home.ts";
import { startLocalPlatform, type LocalPlatform } from "../local/platform.ts";

const settingsSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(8000),
  BENCHSTACK_HOME: z.string().min(1).default(".benchstack"),
  BENCHSTACK_ADMIN_PASSWORD: z.string().min(8, "must have at least 8 characters").optional(),
  BENCHSTACK_WORKER_SLOTS: z.coerce.number().int().min(1).default(1),
  BENCHSTACK_LAUNCHER: z.enum(["auto", "docker", "sandbox"]).default("auto"),
  BENCHSTACK_ALLOW_NETWORK: z.stringbool().default(false),
  BENCHSTACK_SIGN_UP: z.stringbool().default(true),
  BENCHSTACK_MAX_STEP_SECONDS: z.coerce.number().int().min(1).default(600),
  BENCHSTACK_IMAGE_PULL: z.enum(["missing", "always"]).default("missing"),
});

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

async function start(): Promise<LocalPlatform> {
  const parsed = settingsSchema.safeParse(process.env);
  if (!parsed.success) fail(parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("\n"));
  const settings = parsed.data;
  try {
    return await startLocalPlatform({
      home: settings.BENCHSTACK_HOME,
      port: settings.PORT,
      adminPassword: settings.BENCHSTACK_ADMIN_PASSWORD ?? null,
      allowNetwork: settings.BENCHSTACK_ALLOW_NETWORK,
      signUp: settings.BENCHSTACK_SIGN_UP,
      maxStepSeconds: settings.BENCHSTACK_MAX_STEP_SECONDS,
      onMail: (line) => console.log(line),
      worker: {
        slots: settings.BENCHSTACK_WORKER_SLOTS,
        launcher: settings.BENCHSTACK_LAUNCHER,
        imagePull: settings.BENCHSTACK_IMAGE_PULL,
      },
    });
  } catch (error) {
    if (error instanceof HomeInUse) fail(`${error.message} Stop it, or set BENCHSTACK_HOME to another folder.`);
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE")
      fail(`Port ${settings.PORT} is in use. Set PORT to another port.`);
    const sentence = systemSentence(error);
    if (sentence === undefined) throw error;
    fail(sentence);
  }
}

const local = await start();
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
console.log(`Benchstack is ready at ${local.url}\nPress Ctrl-C to stop it.`);
