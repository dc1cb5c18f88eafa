/**
 * A whole platform in a process of its own, for `platforms.ts`, which it talks to over the channel of `fork`:
 * it says where it is, and tells when submissions have ended.
 */
import { setTimeout as wait } from "node:timers/promises";
import { currentContext } from "../../lambdas/kernel/context.ts";
import { isFinal } from "../../lambdas/competitions/rules/submission-status.ts";
import { startLocalPlatform } from "../../local/platform.ts";

export type Request = { type: "when-ended"; submissions: number[] } | { type: "close" };
export type Message = { type: "ready"; url: string; worker: number } | { type: "ended" };

/** What one submission takes is known to 10 ms; of a burst the time is long, and asking about many at once costs more. */
const pollMs = (submissions: number) => (submissions === 1 ? 10 : 100);
const [, , home, password, slots] = process.argv as [string, string, string, string, string];
const tell = (message: Message) => process.send!(message);

const local = await startLocalPlatform({
  home,
  port: 0,
  adminPassword: password,
  allowNetwork: false,
  signUp: true,
  maxStepSeconds: 600,
  onMail: null,
  worker: { slots: Number(slots), launcher: "docker", imagePull: "missing" },
});

process.on("message", (request: Request) => {
  if (request.type === "close") void local.close().then(() => process.exit(0));
  else void whenEnded(request.submissions).then(() => tell({ type: "ended" }));
});
process.once("disconnect", () => void local.close({ atOnce: true }).then(() => process.exit(1)));
tell({ type: "ready", url: local.url, worker: local.worker!.pid! });

/** Asks the database itself: so many requests to the API would be a load that no participant is. */
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
