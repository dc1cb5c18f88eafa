/**
 * The main job against a platform that runs somewhere, after a deploy for instance:
 *
 *     BENCHSTACK_PASSWORD=... npm run smoke -- https://bench.example.org
 *
 * uploads a competition, takes part in it, waits for the scores and compares the leaderboard. Exit code 0 when all of it
 * works, 1 when it does not, and 2 when it was not asked properly. Reads from the environment:
 *
 *     BENCHSTACK_USERNAME   an administrator, "admin" unless given
 *     BENCHSTACK_PASSWORD   their password
 *     BENCHSTACK_IMAGE      image with Python 3 to run programs in, in place of Docker Hub's
 *     BENCHSTACK_PATIENCE   seconds that a submission may take, 900 unless given: the first one wakes a worker
 */
import { parseArgs } from "node:util";
import * as z from "zod";
import { ApiClient } from "../client/api-client.ts";
import { mainJob } from "./smoke/main-job.ts";

const environment = z.object({
  BENCHSTACK_USERNAME: z.string().min(1).default("admin"),
  BENCHSTACK_PASSWORD: z.string("must be the administrator's password").min(1),
  BENCHSTACK_IMAGE: z.string().min(1).optional(),
  BENCHSTACK_PATIENCE: z.coerce.number("must be a number of seconds").positive().default(900),
});

const { positionals } = parseArgs({ allowPositionals: true });
const settings = environment.safeParse(process.env);
const [address, ...more] = positionals;
if (address === undefined || !URL.canParse(address) || more.length > 0 || !settings.success) {
  console.error("Use: BENCHSTACK_PASSWORD=... npm run smoke -- URL");
  if (settings.error) console.error(z.prettifyError(settings.error));
  process.exit(2);
}

const { BENCHSTACK_USERNAME, BENCHSTACK_PASSWORD, BENCHSTACK_IMAGE, BENCHSTACK_PATIENCE } = settings.data;
try {
  const admin = await new ApiClient(address.replace(/\/+$/, "")).login(BENCHSTACK_USERNAME, BENCHSTACK_PASSWORD);
  console.log(`${address} answers, and ${BENCHSTACK_USERNAME} may log in.`);
  await mainJob({ admin, image: BENCHSTACK_IMAGE, patienceMs: BENCHSTACK_PATIENCE * 1000, say: console.log });
  console.log("The platform works.");
} catch (error) {
  const { message, cause } = error as Error;
  console.error(`The platform does not work: ${message}${cause instanceof Error ? ` (${cause.message})` : ""}`);
  process.exitCode = 1;
}
// A submission that is still waited for would keep the process.
process.exit();
