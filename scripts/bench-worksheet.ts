/**
 * Measures how long worksheets with many bundles take to be interpreted and written as JSON, and how that grows:
 *
 *     npm run bench:worksheet [-- --database postgres://…]
 *
 * Without a server it uses the embedded database in a temporary folder. A server's database must be empty, and stays full.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { migrate, openDatabase, type Db } from "../lambdas/kernel/db/connection.ts";
import type { Context } from "../lambdas/kernel/context.ts";
import type { Actor } from "../lambdas/policy/policy.ts";
import { interpretWorksheet } from "../lambdas/worksheets/service/interpretation.ts";
import { startDatabase } from "../local/database.ts";

const sizes = [500, 5000];
const rounds = 7;
const uuidOf = (size: number) => `0x${"e".repeat(24)}${String(size).padStart(8, "0")}`;
const person = { kind: "user", id: 1, username: "reader" } as unknown as Actor;

/** A worksheet for each size, with runs that everybody may read, of which each depends on the one before. */
async function fill(db: Db): Promise<void> {
  await sql`insert into users (username, email, password_hash) values ('reader', 'reader@example.org', 'x'), ('owner', 'owner@example.org', 'x')`.execute(
    db,
  );
  await sql`insert into bundles (uuid, type, owner_id, command, state, metadata, data_size)
    select '0x' || repeat('a', 24) || lpad(n::text, 8, '0'), 'run', 2, 'python3 train.py --seed ' || n, 'ready',
      jsonb_build_object('name', 'run-' || n, 'request_cpus', 4, 'request_memory', '2g', 'time', n, 'exitcode', 0), n * 1000
    from generate_series(1, ${Math.max(...sizes)}::int) n`.execute(db);
  await sql`insert into bundle_dependencies (child_id, position, child_path, parent_uuid)
    select b.id, 0, 'before', p.uuid from bundles b join bundles p on p.id = b.id - 1`.execute(db);
  await sql`insert into bundle_permissions (bundle_id, group_id, permission)
    select b.id, g.id, 1 from bundles b, worksheet_groups g where g.owner_id is null`.execute(db);
  for (const size of sizes) {
    await sql`insert into worksheets (uuid, name, owner_id) values (${uuidOf(size)}, ${`sheet-${size}`}, 1)`.execute(
      db,
    );
    await sql`insert into worksheet_items (worksheet_id, type, bundle_uuid)
      select w.id, 'bundle', b.uuid from worksheets w, bundles b
      where w.uuid = ${uuidOf(size)} and b.id <= ${size} order by b.id`.execute(db);
  }
  await sql.raw("analyze").execute(db);
}

/** The shortest of several times of the processor, in milliseconds: other programs on the machine change them little. */
async function shortest(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(began);
    times.push((user + system) / 1000);
  }
  return Math.min(...times);
}

const { values } = parseArgs({ options: { database: { type: "string" } } });
const folder = values.database === undefined ? await mkdtemp(join(tmpdir(), "benchstack-worksheet-")) : undefined;
const embedded = folder === undefined ? undefined : await startDatabase(folder);
const db = openDatabase(embedded ?? { connectionString: values.database!, maxConnections: 1 });
try {
  await migrate(db);
  await fill(db);
  // Nothing but the database is asked.
  const context = { db } as unknown as Context;
  const wanted = { brief: false, directive: null, bundles: new Set<string>() };
  const times = new Map<number, number>();
  for (const size of sizes) {
    let bytes = 0;
    const time = await shortest(async () => {
      bytes = JSON.stringify(await interpretWorksheet(context, person, uuidOf(size), wanted)).length;
    });
    times.set(size, time);
    console.log(`${size} bundles: ${time.toFixed(0)} ms, ${(bytes / 1e6).toFixed(1)} MB`);
  }
  const [small = 0, large = 0] = sizes;
  const growth = times.get(large)! / times.get(small)!;
  console.log(`${large / small} times the bundles take ${growth.toFixed(1)} times as long.`);
} finally {
  await db.destroy();
  await embedded?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
}
