/** Maintenance mode: only administrators change anything, and everybody still reads. */
import { endMaintenance, findMaintenance, setMaintenance, type Maintenance } from "../db/maintenance.ts";
import { isSuperuser } from "../db/users.ts";
import { difference } from "../rules/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Db } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { requireAdministrator } from "./administrators.ts";
import { record, type UserAuthor } from "./audit.ts";

export type { Maintenance } from "../db/maintenance.ts";

/** How long a process takes what it knows about maintenance mode to be true. */
const knownMs = 3000;
const known = new WeakMap<Db, { until: number; maintenance: Maintenance | undefined }>();

/** When clients should try again if no end is planned. */
const usualPauseSeconds = 300;

/** Maintenance mode; undefined while it is off. At most one query in three seconds asks for it. */
export async function maintenanceOf({ db }: Context): Promise<Maintenance | undefined> {
  const held = known.get(db);
  if (held && held.until > performance.now()) return held.maintenance;
  const maintenance = await findMaintenance(db);
  known.set(db, { until: performance.now() + knownMs, maintenance });
  return maintenance;
}

/** Refuses a change while the platform is in maintenance mode. */
export async function requireNoMaintenance(context: Context): Promise<void> {
  const maintenance = await maintenanceOf(context);
  if (maintenance) throw inMaintenance(maintenance, context.now());
}

/** Refuses the login of a person while the platform is in maintenance mode, unless they are an administrator. */
export async function requireLogInPossible(context: Context, userId: number): Promise<void> {
  const maintenance = await maintenanceOf(context);
  if (maintenance && !(await isSuperuser(context.db, userId))) throw inMaintenance(maintenance, context.now());
}

function inMaintenance({ message, planned_end: end }: Maintenance, now: Date): Refusal {
  const secondsLeft = end === null ? 0 : Math.ceil((end.getTime() - now.getTime()) / 1000);
  const planned =
    secondsLeft > 0 ? ` It is planned to end at ${end!.toISOString().slice(0, 16).replace("T", " ")} UTC.` : "";
  return new Refusal(
    "unavailable",
    "MAINTENANCE",
    `${sentence(message ?? "The platform is in maintenance. You can read everything, and change nothing for now.")}${planned}`,
    {},
    secondsLeft > 0 ? secondsLeft : usualPauseSeconds,
  );
}

/** What somebody wrote, so that another sentence can follow. */
const sentence = (text: string) => (/[\p{L}\p{N}]$/u.test(text) ? `${text}.` : text);

const fieldsOf = ({ message, planned_end }: Pick<Maintenance, "message" | "planned_end">) => ({
  message,
  planned_end: planned_end?.toISOString() ?? null,
});

/** Turns maintenance mode on, or changes what people are told. */
export async function beginMaintenance(
  context: Context,
  by: UserAuthor,
  wanted: Pick<Maintenance, "message" | "planned_end">,
): Promise<Maintenance> {
  requireAdministrator(by.actor);
  const end = wanted.planned_end;
  if (end !== null && end <= context.now()) {
    const problem = "This time is over already.";
    throw new Refusal("invalid", "INVALID", problem, { planned_end: [problem] });
  }
  const maintenance = await transact(context, async (tx) => {
    const before = await setMaintenance(tx, { ...wanted, by: by.actor.id });
    const change = before ? difference(fieldsOf(before), fieldsOf(wanted)) : { before: null, after: fieldsOf(wanted) };
    const kind = before ? "maintenance.changed" : "maintenance.began";
    if (change) await record(tx, by, { place: {}, kind, subject: "platform", ...change });
    return (await findMaintenance(tx))!;
  });
  known.delete(context.db);
  return maintenance;
}

/** Turns maintenance mode off. */
export async function stopMaintenance(context: Context, by: UserAuthor): Promise<void> {
  requireAdministrator(by.actor);
  await transact(context, async (tx) => {
    const before = await endMaintenance(tx);
    if (before)
      await record(tx, by, {
        place: {},
        kind: "maintenance.ended",
        subject: "platform",
        before: fieldsOf(before),
        after: null,
      });
  });
  known.delete(context.db);
}
