import { migrate, type Db } from "../db/connection.ts";
import { ensureRoles } from "../db/roles.ts";
import { findUserForLogin, insertUser } from "../db/users.ts";
import { ensureDefaultQueue, setPlatformToken } from "../db/workers.ts";
import { hashPassword, hashToken } from "./secrets.ts";

/** What a fresh deployment is told. */
export interface SetupOrders {
  administrator: { username: string; password: string };
  defaultQueue: string;
  workerToken: string;
}

/**
 * Brings a deployment's database up to date: schema, roles, the default queue, the token of its workers and the first
 * administrator, whose password is left alone once there is one. Safe to repeat. Returns the migrations it applied.
 */
export async function setUp(db: Db, { administrator, defaultQueue, workerToken }: SetupOrders): Promise<string[]> {
  const applied = await migrate(db);
  await ensureRoles(db);
  await ensureDefaultQueue(db, defaultQueue);
  await setPlatformToken(db, hashToken(workerToken));
  if (!(await findUserForLogin(db, administrator.username)))
    await insertUser(db, {
      username: administrator.username,
      email: `${administrator.username}@localhost`,
      passwordHash: await hashPassword(administrator.password),
      isBot: false,
      isSuperuser: true,
    });
  return applied;
}
