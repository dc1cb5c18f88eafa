import type { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { CapacityProfiles } from "../lambdas/jobs/rules/capacity.ts";
import type { Entry } from "./function-bundles.ts";
import type { Database } from "./database.ts";
import { PlatformFunction } from "./function.ts";
import type { Network } from "./network.ts";
import type { Queues } from "./queues.ts";
import type { Storage } from "./storage.ts";

/** What functions inside the VPC stand on. */
export interface Foundation {
  network: Network;
  database: Database;
  storage: Storage;
  queues: Queues;
  /** Where people reach the platform, without a slash at the end. */
  publicUrl: string;
  /** Whether programs of competitions that ask for a network have one. */
  allowNetwork: boolean;
  /** Sizes and places that queues choose from. */
  capacityProfiles: CapacityProfiles;
}

export interface InsideFunctionProps {
  foundation: Foundation;
  entry: Entry;
  description: string;
  timeout: Duration;
  memorySize?: number;
  /** Postgres role it signs in as. Without one it may not: it has to be told a password. */
  databaseRole?: "benchstack_api" | "benchstack_events";
  /** Whether it reads and writes objects, and so signs URLs for them. */
  usesObjects: boolean;
}

/**
 * A function in the isolated subnets: it signs in to Postgres with an IAM token, reads and writes the buckets, and sends
 * to the queues. There is no way from it to any other AWS service.
 */
export class InsideFunction extends PlatformFunction {
  constructor(scope: Construct, id: string, props: InsideFunctionProps) {
    const { foundation, databaseRole, usesObjects, ...rest } = props;
    const { network, database, storage, queues } = foundation;
    super(scope, id, {
      ...rest,
      vpc: network.vpc,
      vpcSubnets: network.inside,
      securityGroups: [network.functions],
      environment: {
        DATABASE_URL: database.url(databaseRole ?? "owner"),
        UPLOADS_BUCKET: storage.uploads.bucketName,
        JOBS_BUCKET: storage.jobs.bucketName,
        QUEUE_URL_PREFIX: queues.urlPrefix,
        QUEUE_ARN_PREFIX: queues.arnPrefix,
        CONTROL_QUEUE: queues.control.queueName,
        SCALING_QUEUE: queues.scaling.queueName,
        ...(queues.mail ? { MAIL_QUEUE: queues.mail.queueName } : {}),
        DEFAULT_QUEUE: queues.defaultQueue.queueName,
        ORGANIZER_QUEUE_PREFIX: queues.organizerPrefix,
        PUBLIC_URL: foundation.publicUrl,
        ALLOW_NETWORK: String(foundation.allowNetwork),
        CAPACITY_PROFILES: JSON.stringify(foundation.capacityProfiles),
        // Lambda keeps Amazon's certificate authorities, that of RDS among them, here; Node does not read it by itself.
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
