import type { Db, Tx } from "../../kernel/db/connection.ts";

/** Maintenance mode while it is on. */
export interface Maintenance {
  /** What people are told; null for the usual sentence. */
  message: string | null;
  planned_end: Date | null;
  began_when: Date;
}

/** Maintenance mode; undefined while it is off. */
export const findMaintenance = (db: Db): Promise<Maintenance | undefined> =>
  db.selectFrom("maintenance").select(["message", "planned_end", "began_when"]).executeTakeFirst();

/** Turns maintenance mode on, or changes what people are told. Returns what it was before. */
export async function setMaintenance(
  tx: Tx,
  { message, planned_end, by }: Pick<Maintenance, "message" | "planned_end"> & { by: number },
): Promise<Maintenance | undefined> {
  const before = await findMaintenance(tx);
  await tx
    .insertInto("maintenance")
    .values({ message, planned_end, began_by: by })
    .onConflict((conflict) => conflict.column("singleton").doUpdateSet({ message, planned_end }))
    .execute();
  return before;
}

/** Turns maintenance mode off. Returns what it was; undefined if it was off. */
export const endMaintenance = (tx: Tx): Promise<Maintenance | undefined> =>
  tx.deleteFrom("maintenance").returning(["message", "planned_end", "began_when"]).executeTakeFirst();
