import type { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { DatabaseRole } from "../lambdas/kernel/db/roles.ts";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import type { Entry } from "./function-bundles.ts";
import type { Variables } from "../lambdas/kernel/environment.ts";
import { signInVariable } from "../lambdas/accounts/rules/sign-in-options.ts";
import { PlatformFunction } from "./function.ts";
import type { Network } from "./network.ts";
import { hostOfferOf } from "./profiles.ts";
import type { Queues } from "./queues.ts";
import type { Storage } from "./storage.ts";

/** What functions inside the VPC use. */
export interface Foundation {
  deployment: Deployment;
  network: Network;
  database: Database;
  storage: Storage;
  queues: Queues;
  /** The address of the platform in a browser, without a slash at the end. */
  publicUrl: string;
}

export interface InsideFunctionProps {
  foundation: Foundation;
  entry: Entry;
  description: string;
  timeout: Duration;
  memorySize?: number;
  /** The Postgres role that it connects as with an IAM token. Without one, it needs a password from its caller. */
  databaseRole?: DatabaseRole;
  /** Executions that AWS keeps for it, and it has no more. */
  reservedConcurrentExecutions?: number | undefined;
  /** Whether it reads and writes objects, or signs URLs for them. */
  usesObjects: boolean;
  /** The CloudWatch namespace of the metrics that it writes. */
  metricsNamespace?: string;
}

/** The variables of what is inside, except those of the machine it runs on. */
export function insideVariables(
  { deployment, database, storage, queues, publicUrl }: Foundation,
  databaseRole: DatabaseRole | "owner",
): Variables<"inside"> {
  const { gatewayTasks, canaryMinutes: _, ...worksheets } = deployment.worksheets;
  return {
    DATABASE_URL: database.url(databaseRole),
    UPLOADS_BUCKET: storage.uploads.bucketName,
    JOBS_BUCKET: storage.jobs.bucketName,
    QUEUE_URL_PREFIX: queues.urlPrefix,
    QUEUE_ARN_PREFIX: queues.arnPrefix,
    CONTROL_QUEUE: queues.control.queueName,
    SCALING_QUEUE: queues.scaling.queueName,
    MAIL_QUEUE: queues.mail?.queueName,
    DEFAULT_QUEUE: queues.defaultQueue.queueName,
    ORGANIZER_QUEUE_PREFIX: queues.organizerPrefix,
    PUBLIC_URL: publicUrl,
    SIGN_IN: signInVariable(deployment),
    FREE_TRIES: JSON.stringify(deployment.freeTries),
    DELETION_GRACE_DAYS: String(deployment.deletionGraceDays),
    MAX_EXECUTION_TIME_LIMIT: String(deployment.maxStepSeconds),
    STORAGE_QUOTA_BYTES: String(Math.round(deployment.storageQuotaGigabytes * 1e9)),
    WORKSHEETS: JSON.stringify(worksheets),
    STREAMS_CONTENTS: gatewayTasks > 0 ? "bundles" : "nothing",
    LINK_FOLDERS: undefined,
    HOST_OFFER: JSON.stringify(hostOfferOf(deployment)),
    ALLOW_NETWORK: String(deployment.allowNetwork),
    ORGANIZER_IMAGE: deployment.organizerImage ?? undefined,
    METRICS_NAMESPACE: undefined,
    NODE_EXTRA_CA_CERTS: undefined,
  };
}

/**
 * A function in the isolated subnets. It connects to Postgres with an IAM token, reads and writes the buckets and sends
 * to the queues. It cannot reach any other AWS service.
 */
export class InsideFunction extends PlatformFunction {
  constructor(scope: Construct, id: string, props: InsideFunctionProps) {
    const { foundation, databaseRole, usesObjects, metricsNamespace, ...rest } = props;
    const { network, database, storage, queues } = foundation;
    super(scope, id, {
      ...rest,
      vpc: network.vpc,
      vpcSubnets: network.inside,
      securityGroups: [network.functions],
      kind: "inside",
      environment: {
        ...insideVariables(foundation, databaseRole ?? "owner"),
        METRICS_NAMESPACE: metricsNamespace,
        // Lambda has the certificate authorities of Amazon, with that of RDS, in this file. Node does not read it by
        // default.
        NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem",
      },
    });
    if (databaseRole) {
      database.grantConnect(this, databaseRole);
      queues.grantSend(this);
    }
    if (usesObjects) storage.grantUse(this);
  }
}
