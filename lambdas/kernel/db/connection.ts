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
import * as passkeys from "./migrations/0043-passkeys.ts";
import * as identities from "./migrations/0045-identities.ts";
import * as invitations from "./migrations/0046-invitations.ts";
import * as secondFactors from "./migrations/0047-second-factors.ts";
import * as leaving from "./migrations/0048-leaving.ts";
import * as lists from "./migrations/0049-lists.ts";
import * as waits from "./migrations/0050-waits.ts";
import * as administration from "./migrations/0051-administration.ts";
import * as publicDatasets from "./migrations/0052-public-datasets.ts";
import * as pictures from "./migrations/0053-pictures.ts";
import * as users from "./migrations/0054-users.ts";
import * as platformAdministration from "./migrations/0055-platform-administration.ts";
import * as storage from "./migrations/0057-storage.ts";
import * as deletedAccounts from "./migrations/0058-deleted-accounts.ts";
import * as forum from "./migrations/0059-forum.ts";
import * as mailKinds from "./migrations/0060-mail-kinds.ts";
import * as worksheets from "./migrations/0061-worksheets.ts";
import * as bundleContents from "./migrations/0062-bundle-contents.ts";
import * as worksheetSearch from "./migrations/0063-worksheet-search.ts";
import * as questions from "./migrations/0064-questions.ts";
import * as filesOfBundles from "./migrations/0065-files-of-bundles.ts";
import * as spendingByDay from "./migrations/0066-spending-by-day.ts";
import * as runs from "./migrations/0067-runs.ts";
import * as submissionUuids from "./migrations/0068-submission-uuids.ts";
import * as counts from "./migrations/0070-counts.ts";
import * as searches from "./migrations/0071-searches.ts";
import * as lines from "./migrations/0072-lines.ts";
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
  "0043-passkeys": passkeys,
  "0045-identities": identities,
  "0046-invitations": invitations,
  "0047-second-factors": secondFactors,
  "0048-leaving": leaving,
  "0049-lists": lists,
  "0050-waits": waits,
  "0051-administration": administration,
  "0052-public-datasets": publicDatasets,
  "0053-pictures": pictures,
  "0054-users": users,
  "0055-platform-administration": platformAdministration,
  "0057-storage": storage,
  "0058-deleted-accounts": deletedAccounts,
  "0059-forum": forum,
  "0060-mail-kinds": mailKinds,
  "0061-worksheets": worksheets,
  "0062-bundle-contents": bundleContents,
  "0063-worksheet-search": worksheetSearch,
  "0064-questions": questions,
  "0065-files-of-bundles": filesOfBundles,
  "0066-spending-by-day": spendingByDay,
  "0067-runs": runs,
  "0068-submission-uuids": submissionUuids,
  "0070-counts": counts,
  "0071-searches": searches,
  "0072-lines": lines,
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
