/** Bundles that the platform makes or runs, and that wait for the bundles they depend on. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** Whether every parent of `b` has ended, or is gone. */
const isReady = sql`b.type in ('make', 'run') and b.state = 'created' and not exists (
  select from bundle_dependencies d join bundles p on p.uuid = d.parent_uuid
  where d.child_id = b.id and p.state not in ('ready', 'failed', 'killed'))`;

/** A bundle that can be made, or run, now. */
export interface ReadyBundle {
  uuid: string;
  type: "make" | "run";
}

/** Those of some bundles, and of those that depend on them, that can be made or run now. */
export async function bundlesToStart(tx: Tx, uuids: string[]): Promise<ReadyBundle[]> {
  const { rows } = await sql<ReadyBundle>`
    select b.uuid, b.type from bundles b where ${isReady} and (b.uuid = any(${uuids}) or exists (
      select from bundle_dependencies d where d.child_id = b.id and d.parent_uuid = any(${uuids})))`.execute(tx);
  return rows;
}

/** Bundles that should have begun by now. */
export async function stalledBundles(db: Db, seconds: number, limit: number): Promise<ReadyBundle[]> {
  const { rows } = await sql<ReadyBundle>`
    select b.uuid, b.type from bundles b
    where ${isReady} and b.changed_when < now() - make_interval(secs => ${seconds}) order by b.id limit ${limit}`.execute(
    db,
  );
  return rows;
}

/** Begins to make a bundle. False if somebody else did, or if it has ended. */
export async function beginMake(tx: Tx, uuid: string): Promise<boolean> {
  const { rows } = await sql`update bundles b set state = 'making', changed_when = now()
    where b.uuid = ${uuid} and b.type = 'make' and ${isReady} returning b.id`.execute(tx);
  return rows.length > 0;
}

/** Notes that everything is there for a run. */
export async function beginRun(tx: Tx, uuid: string): Promise<void> {
  await sql`update bundles b set state = 'staged', changed_when = now()
    where b.uuid = ${uuid} and b.type = 'run' and ${isReady}`.execute(tx);
}

/** Lets bundles be made again whose making was interrupted before anything was written. */
export async function resetLostMakes(db: Db, seconds: number): Promise<void> {
  await sql`update bundles b set state = 'created', changed_when = now()
    where b.state = 'making' and b.changed_when < now() - make_interval(secs => ${seconds})
      and not exists (select from bundle_contents c where c.bundle_id = b.id)`.execute(db);
}
