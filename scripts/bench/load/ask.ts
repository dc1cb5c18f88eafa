/** Sends requests to the routes of the API in this process, without a network. */
import { sql } from "kysely";
import { allRoutes } from "../../../lambdas/functions/all-routes.ts";
import { serve } from "../../../lambdas/functions/serve.ts";
import type { AreaHandler } from "../../../lambdas/http/area.ts";
import { connectContext, type Context } from "../../../lambdas/kernel/context.ts";
import type { Db } from "../../../lambdas/kernel/db/connection.ts";
import { readEnvironment, toEnvironment } from "../../../lambdas/kernel/environment.ts";
import { tokenOf } from "./fill.ts";
import { pathOf, type List } from "./lists.ts";

/** A context that reaches the database and nothing else. URLs are signed without asking anybody. */
export function contextOn(connectionString: string): Context {
  const environment = toEnvironment<"inside">({
    DATABASE_URL: connectionString,
    UPLOADS_BUCKET: "uploads",
    JOBS_BUCKET: "jobs",
    QUEUE_URL_PREFIX: "http://127.0.0.1:1/queue/",
    QUEUE_ARN_PREFIX: "arn:aws:sqs:us-east-1:000000000000:",
    CONTROL_QUEUE: "control",
    SCALING_QUEUE: undefined,
    MAIL_QUEUE: undefined,
    DEFAULT_QUEUE: "benchstack-default",
    ORGANIZER_QUEUE_PREFIX: "benchstack-",
    METRICS_NAMESPACE: undefined,
    PUBLIC_URL: "http://127.0.0.1:1",
    SIGN_IN: JSON.stringify({ signUp: "open", domains: [], passwords: true, providers: [] }),
    FREE_TRIES: "{}",
    DELETION_GRACE_DAYS: "14",
    MAX_EXECUTION_TIME_LIMIT: "600",
    STORAGE_QUOTA_BYTES: "1000000000000",
    WORKSHEETS: "{}",
    STREAMS_CONTENTS: "everything",
    LINK_FOLDERS: undefined,
    ALLOW_NETWORK: "false",
    ORGANIZER_IMAGE: undefined,
    HOST_OFFER: undefined,
    NODE_EXTRA_CA_CERTS: undefined,
  });
  process.env["AWS_ACCESS_KEY_ID"] ??= "none";
  process.env["AWS_SECRET_ACCESS_KEY"] ??= "none";
  const context = connectContext(readEnvironment("inside", { ...environment, AWS_REGION: "us-east-1" }), {
    doorbellsRung: () => Promise.resolve(),
  });
  const silent = { ...context.log, info: () => undefined } as Context["log"];
  silent.with = () => silent;
  return { ...context, log: silent };
}

/** Asks for a list; throws unless it is answered. Returns the body. */
export function asker(context: Context): (list: List) => Promise<string> {
  const handler = serve(allRoutes, { currentContext: () => context });
  return async (list) => {
    const parameters = new URLSearchParams(list.query);
    const event = {
      rawPath: pathOf(list),
      queryStringParameters: Object.fromEntries(parameters),
      headers: list.as === "visitor" ? {} : { authorization: `Token ${tokenOf(list.as)}` },
      requestContext: { requestId: "bench", http: { method: "GET", sourceIp: "127.0.0.1", path: pathOf(list) } },
    } as unknown as Parameters<AreaHandler>[0];
    const answer = await handler(event, { awsRequestId: "bench" } as Parameters<AreaHandler>[1]);
    if (answer.statusCode !== 200) throw new Error(`${pathOf(list)} was answered ${answer.statusCode}: ${answer.body}`);
    return answer.body ?? "";
  };
}

/** How many rows of tables and entries of indexes were read while something was done. Nothing else may use the database. */
export async function rowsRead(db: Db, work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    await sql`select pg_stat_force_next_flush()`.execute(db);
    const { rows } = await sql<{ read: number }>`
      select ((select coalesce(sum(seq_tup_read), 0) from pg_stat_user_tables)
        + (select coalesce(sum(idx_tup_read), 0) from pg_stat_user_indexes))::float8 as read`.execute(db);
    return rows[0]!.read;
  };
  const before = await count();
  await work();
  return (await count()) - before;
}
