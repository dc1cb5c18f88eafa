/** What people do with runs that have not ended. */
import { ask } from "../../../jobs/service/questions.ts";
import { requestEnd } from "../../../jobs/db/stop-jobs.ts";
import type { UserAuthor } from "../../../accounts/service/audit.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { updateBundle, type Bundle } from "../../db/bundles.ts";
import { dependenciesOf } from "../../db/dependencies.ts";
import { isFinal } from "../../rules/bundle.ts";
import type { Metadata } from "../../rules/metadata.ts";
import { killMessage } from "../../rules/run-end.ts";
import { editBundles } from "../change-bundles.ts";
import { startBundles } from "../start-bundles.ts";
import { enqueueNext } from "./next.ts";

const over = ({ uuid, state }: Bundle) =>
  new Refusal(
    "invalid",
    "FINAL",
    `Cannot execute this action on bundle ${uuid}: it has ended already, and its state is ${state}. Bundles in other states can be killed.`,
  );

/** Later actions push out the first, because everybody who sees a bundle reads all of them. */
const maxActions = 100;
const maxShownText = 1000;
const withAction = (bundle: Bundle, action: string): string[] =>
  [...actionsOf(bundle).filter((one) => one !== "kill" || action !== "kill"), action].slice(-maxActions);

const actionsOf = ({ metadata: { actions } }: Bundle): string[] =>
  Array.isArray(actions) ? (actions as string[]) : [];

/** Kills bundles. One that runs ends soon, and keeps what it has written; any other is killed at once. */
export const killBundles = (context: Context, by: UserAuthor, uuids: string[]): Promise<void> =>
  transact(context, async (tx) => {
    const bundles = await editBundles(tx, by.actor, uuids);
    const final = bundles.find(({ state }) => isFinal(state));
    if (final) throw over(final);
    const jobs = bundles.flatMap(({ job_id: job }) => job ?? []);
    const ends = await requestEnd(tx, jobs, killMessage);
    for (const bundle of bundles) await kill(tx, context, bundle, ends.get(bundle.job_id ?? ""));
  });

async function kill(
  tx: Tx,
  context: Context,
  bundle: Bundle,
  end: "cancelled" | "requested" | "over" | undefined,
): Promise<void> {
  const actions: Metadata = bundle.type === "run" ? { actions: withAction(bundle, "kill") } : {};
  const isGoing = end === "requested" || end === "over";
  await updateBundle(tx, bundle.id, {
    ...(!isGoing && { state: "killed" }),
    metadata: { ...actions, ...(!isGoing && { failure_message: killMessage }) },
  });
  if (isGoing) return;
  await startBundles(tx, context, [bundle.uuid]);
  await enqueueNext(tx, context, bundle.owner_id);
}

const fileName = /^[A-Za-z0-9_.-]+$/;
const maxWritten = 1_000_000;

/** Writes a file into the folder of a run, while it runs. */
export async function writeToRun(
  context: Context,
  by: UserAuthor,
  { uuid, subpath, text }: { uuid: string; subpath: string; text: string },
): Promise<void> {
  const bundle = await transact(context, async (tx) => {
    const [one] = await editBundles(tx, by.actor, [uuid]);
    return one!;
  });
  if (isFinal(bundle.state)) throw over(bundle);
  if (bundle.state !== "running" || bundle.job_id === null)
    throw new Refusal("invalid", "NOT_RUNNING", `Cannot write to bundle ${uuid}: it is not running.`);
  if (!fileName.test(subpath) || subpath === "." || subpath === "..")
    throw new Refusal(
      "invalid",
      "BAD_PATH",
      `Cannot write to "${subpath}": name a file at the top of the run's folder.`,
    );
  if (text.length > maxWritten)
    throw new Refusal("invalid", "TOO_LONG", `At most ${maxWritten} characters can be written at once.`);
  const inputs = await dependenciesOf(context.db, [bundle.id]);
  if (inputs.some(({ child_path: key }) => key === subpath || key.startsWith(`${subpath}/`)))
    throw new Refusal("invalid", "IS_DEPENDENCY", `Cannot write to "${subpath}": the run depends on it.`);
  const answer = await ask(context, bundle.job_id, { kind: "write", path: subpath, text });
  if (answer?.head.kind !== "written") {
    const why = answer?.head.kind === "refused" ? answer.head.why : "The worker of the run does not answer.";
    throw new Refusal("invalid", "NOT_WRITTEN", `Cannot write to bundle ${uuid}. ${why}`);
  }
  await transact(context, async (tx) => {
    const [now] = await editBundles(tx, by.actor, [uuid]);
    await updateBundle(tx, now!.id, {
      metadata: { actions: withAction(now!, `write\t${subpath}\t${text.slice(0, maxShownText)}`) },
    });
  });
}
