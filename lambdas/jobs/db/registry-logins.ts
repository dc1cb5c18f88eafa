/** Logins of image registries, by queue. They are stored sealed. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** What people see of a login. */
export interface RegistryLoginRow {
  host: string;
  username: string;
  changed_by: string | null;
  changed_when: Date;
}

/** The logins of a queue, by host. */
export async function listRegistryLogins(db: Db, queueId: string): Promise<RegistryLoginRow[]> {
  return db
    .selectFrom("registry_logins as l")
    .leftJoin("users as u", "u.id", "l.changed_by")
    .select(["l.registry as host", "l.username", "u.username as changed_by", "l.changed_when"])
    .where("l.queue_id", "=", queueId)
    .orderBy("l.registry")
    .execute();
}

export interface NewRegistryLogin {
  queueId: string;
  registry: string;
  username: string;
  sealed: string;
  changedBy: number;
}

/** Stores the login of a registry in place of an earlier one, and returns the username of that; undefined without one. */
export async function setRegistryLogin(tx: Tx, login: NewRegistryLogin): Promise<string | undefined> {
  const { queueId, registry, username, sealed, changedBy } = login;
  const before = await deleteRegistryLogin(tx, queueId, registry);
  await tx
    .insertInto("registry_logins")
    .values({ queue_id: queueId, registry, username, sealed, changed_by: changedBy })
    .execute();
  return before;
}

/** Deletes a login and returns its username; undefined if the queue has none for this registry. */
export async function deleteRegistryLogin(tx: Tx, queueId: string, registry: string): Promise<string | undefined> {
  const deleted = await tx
    .deleteFrom("registry_logins")
    .where("queue_id", "=", queueId)
    .where("registry", "=", registry)
    .returning("username")
    .executeTakeFirst();
  return deleted?.username;
}

/** The sealed login of a queue for a registry. */
export async function findSealedLogin(db: Db, queueId: string, registry: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("registry_logins")
    .select("sealed")
    .where("queue_id", "=", queueId)
    .where("registry", "=", registry)
    .executeTakeFirst();
  return row?.sealed;
}

/** The key that seals logins; undefined where no worker could open them. */
export async function findSealingKey(db: Db): Promise<string | undefined> {
  const row = await db.selectFrom("sealing_key").select("public_key").executeTakeFirst();
  return row?.public_key;
}

/** Stores the key that seals logins. If it is a new one, nobody can open the earlier logins, and they are deleted. */
export async function setSealingKey(db: Db, publicKey: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const changed = await tx
      .insertInto("sealing_key")
      .values({ public_key: publicKey })
      .onConflict((conflict) =>
        conflict
          .column("singleton")
          .doUpdateSet({ public_key: publicKey })
          .where("sealing_key.public_key", "!=", sql<string>`excluded.public_key`),
      )
      .returning("public_key")
      .executeTakeFirst();
    if (changed) await tx.deleteFrom("registry_logins").execute();
  });
}
