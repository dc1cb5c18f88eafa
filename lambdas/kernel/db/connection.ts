import { Signer } from "@aws-sdk/rds-signer";
import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import type pg from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import { FreshPool } from "./fresh-pool.ts";
import * as initial from "./migrations/0001-initial.ts";
import * as peopleSharingMail from "./migrations/0002-people-sharing-mail.ts";
import * as bundlesAndDumps from "./migrations/0003-bundles-and-dumps.ts";
import * as unwantedJobs from "./migrations/0004-unwanted-jobs.ts";
import * as tasks from "./migrations/0005-tasks.ts";
import * as migratedPhases from "./migrations/0006-migrated-phases.ts";
import * as network from "./migrations/0007-network.ts";
import * as solutionMd5 from "./migrations/0008-solution-md5.ts";
import * as servedQueues from "./migrations/0009-served-queues.ts";
import * as auditAndGrants from "./migrations/0011-audit-and-grants.ts";
import * as organizations from "./migrations/0012-organizations.ts";
import * as quarantine from "./migrations/0013-quarantine.ts";
import * as blindPhases from "./migrations/0014-blind-phases.ts";
import * as anonymousLeaderboards from "./migrations/0015-anonymous-leaderboards.ts";
import * as submissionStorage from "./migrations/0016-submission-storage.ts";
import * as auditPlaces from "./migrations/0018-audit-places.ts";
import * as scaling from "./migrations/0019-scaling.ts";
import * as sendingMail from "./migrations/0020-sending-mail.ts";
import * as phaseReruns from "./migrations/0021-phase-reruns.ts";
import * as jobKinds from "./migrations/0022-job-kinds.ts";
import * as correlation from "./migrations/0023-correlation.ts";
import * as rerunPiecesSent from "./migrations/0024-rerun-pieces-sent.ts";
import * as leaderboardsThatFollow from "./migrations/0025-leaderboards-that-follow.ts";
import * as severalLeaderboards from "./migrations/0026-several-leaderboards.ts";
import * as runWarnings from "./migrations/0027-run-warnings.ts";
import * as closedPhases from "./migrations/0028-closed-phases.ts";
import * as registryLogins from "./migrations/0029-registry-logins.ts";
import * as confirmedAddresses from "./migrations/0030-confirmed-addresses.ts";
import * as secretMails from "./migrations/0031-secret-mails.ts";
import * as deletedSubmissions from "./migrations/0032-deleted-submissions.ts";
import * as suspectJobs from "./migrations/0033-suspect-jobs.ts";
import * as unwellWorkers from "./migrations/0034-unwell-workers.ts";
import * as keptUploads from "./migrations/0035-kept-uploads.ts";
import * as capacityProfiles from "./migrations/0036-capacity-profiles.ts";
import * as logins from "./migrations/0037-logins.ts";
import * as keptResults from "./migrations/0038-kept-results.ts";
import * as places from "./migrations/0039-places.ts";
import * as costsAndBudgets from "./migrations/0040-costs-and-budgets.ts";
import * as capacityRequests from "./migrations/0041-capacity-requests.ts";
import * as hostTime from "./migrations/0042-host-time.ts";
import * as identities from "./migrations/0045-identities.ts";
import * as invitations from "./migrations/0046-invitations.ts";
import * as secondFactors from "./migrations/0047-second-factors.ts";
import * as lists from "./migrations/0049-lists.ts";
import * as waits from "./migrations/0050-waits.ts";
import type { Database } from "./schema.ts";

/** The database, or a transaction in it. */
export type Db = Kysely<Database>;
/** A transaction. Functions that take it must run inside one. */
export type Tx = Transaction<Database>;

/** All migrations in the order in which they run. Their names sort in this order, and do not change after a release. */
const migrations: Record<string, { sql: string }> = {
  "0001-initial": initial,
  "0002-people-sharing-mail": peopleSharingMail,
  "0003-bundles-and-dumps": bundlesAndDumps,
  "0004-unwanted-jobs": unwantedJobs,
  "0005-tasks": tasks,
  "0006-migrated-phases": migratedPhases,
  "0007-network": network,
  "0008-solution-md5": solutionMd5,
  "0009-served-queues": servedQueues,
  "0011-audit-and-grants": auditAndGrants,
  "0012-organizations": organizations,
  "0013-quarantine": quarantine,
  "0014-blind-phases": blindPhases,
  "0015-anonymous-leaderboards": anonymousLeaderboards,
  "0016-submission-storage": submissionStorage,
  "0018-audit-places": auditPlaces,
  "0019-scaling": scaling,
  "0020-sending-mail": sendingMail,
  "0021-phase-reruns": phaseReruns,
  "0022-job-kinds": jobKinds,
  "0023-correlation": correlation,
  "0024-rerun-pieces-sent": rerunPiecesSent,
  "0025-leaderboards-that-follow": leaderboardsThatFollow,
  "0026-several-leaderboards": severalLeaderboards,
  "0027-run-warnings": runWarnings,
  "0028-closed-phases": closedPhases,
  "0029-registry-logins": registryLogins,
  "0030-confirmed-addresses": confirmedAddresses,
  "0031-secret-mails": secretMails,
  "0032-deleted-submissions": deletedSubmissions,
  "0033-suspect-jobs": suspectJobs,
  "0034-unwell-workers": unwellWorkers,
  "0035-kept-uploads": keptUploads,
  "0036-capacity-profiles": capacityProfiles,
  "0037-logins": logins,
  "0038-kept-results": keptResults,
  "0039-places": places,
  "0040-costs-and-budgets": costsAndBudgets,
  "0041-capacity-requests": capacityRequests,
  "0042-host-time": hostTime,
  "0045-identities": identities,
  "0046-invitations": invitations,
  "0047-second-factors": secondFactors,
  "0049-lists": lists,
  "0050-waits": waits,
};

/**
 * Opens a pool of connections. Keep `maxConnections` at 1 in a Lambda environment, because the database allows few, and with
 * PGlite, because it has one session. If the connection string has no password and the server asks for one, each connection
 * sends an IAM token of RDS, signed with the AWS credentials of the process. A query without an answer for `maxQueryMs` fails, because
 * a server that has vanished does not say so.
 */
export function openDatabase(options: { connectionString: string; maxConnections: number; maxQueryMs?: number }): Db {
  const client = parseIntoClientConfig(options.connectionString);
  const pool = new FreshPool({
    ...client,
    password: client.password || (() => signIn(client)),
    max: options.maxConnections,
    connectionTimeoutMillis: 10_000,
    ...(options.maxQueryMs === undefined ? {} : { query_timeout: options.maxQueryMs }),
    application_name: "benchstack",
  });
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}

/** A token that RDS accepts as a password for 15 minutes. It is signed locally, without a request. */
function signIn({ host = "", port = 5432, user = "" }: pg.ClientConfig): Promise<string> {
  return new Signer({ hostname: host, port, username: user }).getAuthToken();
}

/**
 * Runs the missing migrations, and gives the names of those and of the `newer` ones, which a later release has run. After a
 * rollback, this code finds such a schema. It works with it, because a release only adds to the schema what the release
 * before does not need (CONTRIBUTING.md). Several processes may call it at once. Throws the first failure.
 */
export async function migrate(db: Db): Promise<{ applied: string[]; newer: string[] }> {
  const newer = (await namesOfExecuted(db)).filter((name) => !(name in migrations));
  const known = Object.entries(migrations).map(([name, migration]): [string, Migration] => [
    name,
    { up: async (trx: Kysely<unknown>) => void (await sql.raw(migration.sql).execute(trx)) },
  ]);
  const migrator = new Migrator({
    db,
    // Kysely refuses a database with migrations that it does not know. It has run these, so it runs none of them again.
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries([...known, ...newer.map(nothingToRun)])) },
    // A fix of this release may have a migration that the later release did not have.
    allowUnorderedMigrations: true,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error instanceof Error ? error : new Error("migration failed", { cause: error });
  return { applied: (results ?? []).map((result) => result.migrationName), newer };
}

const nothingToRun = (name: string): [string, Migration] => [name, { up: () => Promise.resolve() }];

/** The names of the migrations that a database has; none in a new database. */
async function namesOfExecuted(db: Db): Promise<string[]> {
  const { rows } = await sql<{ exists: boolean }>`select to_regclass('kysely_migration') is not null as exists`.execute(
    db,
  );
  if (!rows[0]!.exists) return [];
  const executed = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return executed.rows.map(({ name }) => name);
}
