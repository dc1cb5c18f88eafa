/**
 * A whole platform in its own process, for `platforms.ts`. It communicates over the channel of `fork`: it sends its
 * address, and a message when submissions have ended.
 */
import { setTimeout as wait } from "node:timers/promises";
import { currentContext } from "../../lambdas/functions/context.ts";
import { isFinal } from "../../lambdas/competitions/rules/submission-status.ts";
import { worksheetsOptionsSchema } from "../../lambdas/kernel/worksheets-options.ts";
import { openSignIn } from "../../lambdas/accounts/rules/sign-in-options.ts";
import { startLocalPlatform } from "../../local/platform.ts";

export type Request = { type: "when-ended"; submissions: number[] } | { type: "close" };
export type Message = { type: "ready"; url: string; worker: number } | { type: "ended" };

/**
 * The times of single submissions need a precision of 10 ms. Bursts take longer, and asking about many submissions
 * costs more.
 */
const pollMs = (submissions: number) => (submissions === 1 ? 10 : 100);
const [, , home, password, slots] = process.argv as [string, string, string, string, string];
const tell = (message: Message) => process.send!(message);

const local = await startLocalPlatform({
  home,
  host: "127.0.0.1",
  port: 0,
  publicUrl: null,
  adminPassword: password,
  allowNetwork: false,
  signIn: openSignIn,
  identitySecrets: {},
  freeTries: {},
  storageQuotaBytes: 1e12,
  worksheets: worksheetsOptionsSchema.parse({}),
  linkFolders: [],
  deletionGraceDays: 14,
  maxStepSeconds: 600,
  web: null,
  onMail: null,
  worker: { slots: Number(slots), launcher: "docker", imagePull: "missing" },
});

process.on("message", (request: Request) => {
  if (request.type === "close") void local.close().then(() => process.exit(0));
  else void whenEnded(request.submissions).then(() => tell({ type: "ended" }));
});
process.once("disconnect", () => void local.close({ atOnce: true }).then(() => process.exit(1)));
tell({ type: "ready", url: local.url, worker: local.worker!.pid! });

/** Queries the database directly, because requests to the API would be an additional load. */
async function whenEnded(submissions: number[]): Promise<void> {
  for (let open = submissions; open.length > 0;) {
    await wait(pollMs(submissions.length));
    const rows = await currentContext()
      .db.selectFrom("submissions")
      .select(["id", "status"])
      .where("id", "in", open)
      .execute();
    open = rows.flatMap(({ id, status }) => (isFinal(status) ? [] : id));
  }
}
