import { exported, type ExportedName, type ExportedRow } from "../db/exports.ts";
import { requireAdministrator } from "../../accounts/service/administrators.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";

export { exportedNames } from "../db/exports.ts";
export type { ExportedRow } from "../db/exports.ts";

/** Reads part of a whole table for an administrator. `next` is where the next part begins; null after the last. */
export async function exportRows(
  context: Context,
  by: UserAuthor,
  name: ExportedName,
  slice: { after: number; limit: number },
): Promise<{ rows: ExportedRow[]; next: number | null }> {
  requireAdministrator(by.actor);
  const found = await exported[name](context.db, { ...slice, limit: slice.limit + 1 });
  const rows = found.slice(0, slice.limit);
  await transact(context, (tx) =>
    record(tx, by, {
      place: {},
      kind: "records.exported",
      subject: name,
      before: null,
      after: { after: slice.after, rows: rows.length },
    }),
  );
  return { rows, next: found.length > rows.length ? rows.at(-1)!.id : null };
}
