/** Usernames and mail addresses of deleted accounts, which nobody may take for some time. Only hashes are stored. */
import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";

type Kind = "username" | "email";

const keyOf = (kind: Kind, name: string) =>
  sql<Buffer>`sha256(convert_to(${`${kind}\n${name.toLowerCase()}`}, 'UTF8'))`;

export async function blockNames(db: Db, names: Record<Kind, string>, days: number): Promise<void> {
  const until = sql<Date>`now() + make_interval(days => ${days})`;
  await db
    .insertInto("blocked_names")
    .values((["username", "email"] as const).map((kind) => ({ key: keyOf(kind, names[kind]), until })))
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ until }))
    .execute();
}

export async function isBlocked(db: Db, kind: Kind, name: string): Promise<boolean> {
  const found = await db
    .selectFrom("blocked_names")
    .select("key")
    .where("key", "=", keyOf(kind, name))
    .where("until", ">", sql<Date>`now()`)
    .executeTakeFirst();
  return found !== undefined;
}

export async function forgetBlockedNames(db: Db): Promise<void> {
  await db
    .deleteFrom("blocked_names")
    .where("until", "<=", sql<Date>`now()`)
    .execute();
}
