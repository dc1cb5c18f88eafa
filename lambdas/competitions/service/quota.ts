/** Quotas: whoever stores more is refused before a byte is sent, and again when the real size is known. */
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { lockStorageOf, storageOf } from "../db/storage.ts";
import { quotaProblem } from "../rules/storage.ts";

/** How many bytes a person stores and may store. */
export async function usageOf(
  { environment }: Pick<Context, "environment">,
  db: Db | Tx,
  userId: number,
): Promise<{ used: number; quota: number }> {
  const { used, quota } = await storageOf(db, userId);
  return { used, quota: quota ?? environment.STORAGE_QUOTA_BYTES };
}

/**
 * Refuses if a person may not store `more` bytes; null if it is not known how many. Until the transaction ends, nobody else can store anything for that person, so
 * the transaction has to write a row that counts these bytes. `field` is the request's field for the error message, if there is one.
 */
export async function requireSpace(
  context: Pick<Context, "environment">,
  tx: Tx,
  userId: number,
  more: number | null,
  field: string | null = "data_file",
): Promise<void> {
  await lockStorageOf(tx, userId);
  const problem = quotaProblem({ ...(await usageOf(context, tx, userId)), more });
  if (problem !== undefined)
    throw new Refusal("invalid", "QUOTA_EXCEEDED", problem, field === null ? {} : { [field]: [problem] });
}
