/**
 * `npm run smoke`: checks that a running platform works, for instance after a deploy.
 *
 *     BENCHSTACK_PASSWORD=... npm run smoke -- https://bench.example.org
 *
 * It uploads a competition, submits to it, waits for the scores and compares the leaderboard. The exit code is 0 when everything
 * works, 1 when something does not, and 2 for wrong usage. It reads from the environment:
 *
 *     BENCHSTACK_USERNAME   username of an administrator, "admin" by default
 *     BENCHSTACK_PASSWORD   the administrator's password
 *     BENCHSTACK_IMAGE      image with Python 3 for the programs, instead of the one on Docker Hub. If a worker uses the
 *                           Docker engine of this machine, the image is looked for before anything runs
 *     BENCHSTACK_PATIENCE   seconds that a submission may take, 900 by default: the first one starts a worker
 */
import * as z from "zod";
import { ApiClient } from "../client/api-client.ts";
import { setVariables } from "../worker-image/config.ts";
import { argumentsOrExit } from "./arguments.ts";
import { mainJob } from "./smoke/main-job.ts";

const environment = z.object({
  BENCHSTACK_USERNAME: z.string().default("admin"),
  BENCHSTACK_PASSWORD: z.string("must be the administrator's password"),
  BENCHSTACK_IMAGE: z.string().optional(),
  BENCHSTACK_PATIENCE: z.coerce.number("must be a number of seconds").positive().default(900),
});

const usage = "Usage: BENCHSTACK_PASSWORD=... npm run smoke -- URL";
const { positionals } = argumentsOrExit(usage, {}, 1);
const settings = environment.safeParse(setVariables(process.env));
const [address] = positionals;
if (address === undefined || !URL.canParse(address) || !settings.success) {
  console.error(usage);
  if (settings.error) console.error(z.prettifyError(settings.error));
  process.exit(2);
}

const { BENCHSTACK_USERNAME, BENCHSTACK_PASSWORD, BENCHSTACK_IMAGE, BENCHSTACK_PATIENCE } = settings.data;
try {
  const admin = await new ApiClient(address.replace(/\/+$/, "")).login(BENCHSTACK_USERNAME, BENCHSTACK_PASSWORD);
  console.log(`${address} answers, and ${BENCHSTACK_USERNAME} can log in.`);
  await mainJob({ admin, image: BENCHSTACK_IMAGE, patienceMs: BENCHSTACK_PATIENCE * 1000, say: console.log });
  console.log("The platform works.");
} catch (error) {
  const { message, cause } = error as Error;
  console.error(`The platform does not work: ${message}${cause instanceof Error ? ` (${cause.message})` : ""}`);
  process.exitCode = 1;
}
// A pending wait for a submission would keep the process running.
process.exit();
