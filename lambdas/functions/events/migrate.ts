import * as z from "zod";
import { offeredProfilesSchema } from "../../../contract/capacity-profile.ts";
import { openDatabase } from "../../kernel/db/connection.ts";
import { ensureRoles } from "../../kernel/db/roles.ts";
import { readEnvironment } from "../../kernel/environment.ts";
import { processLog } from "../../kernel/log.ts";
import { setUp } from "../setup.ts";

const orders = z.object({
  owner: z.object({ username: z.string().min(1), password: z.string().min(1) }),
  administrator: z.object({ username: z.string().min(1), password: z.string().min(1) }),
  workerToken: z.string().startsWith("bsw_"),
  sealingKey: z.string().min(1),
  profiles: offeredProfilesSchema,
  /** In hexadecimal; null without a canary. */
  canaryTokenHash: z.hex().nullable(),
});
export type MigrateOrders = z.infer<typeof orders>;

/** Runs inside the VPC on each deployment, as the owner of the database. The event contains the owner's password. */
export async function handler(event: MigrateOrders): Promise<{ applied: string[]; newer: string[] }> {
  const { owner, canaryTokenHash: hash, ...rest } = orders.parse(event);
  const { DATABASE_URL, DEFAULT_QUEUE } = readEnvironment("inside");
  const url = new URL(DATABASE_URL);
  url.username = encodeURIComponent(owner.username);
  url.password = encodeURIComponent(owner.password);
  const db = openDatabase({ connectionString: url.href, maxConnections: 1 });
  try {
    const canaryTokenHash = hash === null ? null : Buffer.from(hash, "hex");
    const { applied, newer } = await setUp(db, { ...rest, canaryTokenHash, defaultQueue: DEFAULT_QUEUE });
    await ensureRoles(db);
    processLog().info("database.updated", { migrations: applied, newer });
    return { applied, newer };
  } finally {
    await db.destroy();
  }
}
