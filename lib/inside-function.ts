import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { LogLevel, NodejsFunction, OutputFormat, SourceMapMode } from "aws-cdk-lib/aws-lambda-nodejs";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Database } from "./database.ts";
import type { Network } from "./network.ts";
import type { Queues } from "./queues.ts";
import type { Storage } from "./storage.ts";

/** What functions inside the VPC stand on. */
export interface Foundation {
  network: Network;
  database: Database;
  storage: Storage;
  queues: Queues;
}

export interface InsideFunctionProps {
  foundation: Foundation;
  /** File that exports `handler`, relative to the repository's root. */
  entry: string;
  description: string;
  timeout: Duration;
  /** Where people reach the platform, without a slash at the end. */
  publicUrl: string;
  /** Postgres role it signs in as. */
  databaseRole: string;
}

/**
 * A function in the isolated subnets: it signs in to Postgres with an IAM token, reads and writes the buckets (and so
 * signs URLs for them), and sends to the queues. There is no way from it to any other AWS service.
 */
export class InsideFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: InsideFunctionProps) {
    const { network, database, storage, queues } = props.foundation;
    super(scope, id, {
      entry: props.entry,
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 512,
      timeout: props.timeout,
      vpc: network.vpc,
      vpcSubnets: network.inside,
      securityGroups: [network.functions],
      environment: {
        DATABASE_URL: database.url(props.databaseRole),
        UPLOADS_BUCKET: storage.uploads.bucketName,
        JOBS_BUCKET: storage.jobs.bucketName,
        QUEUE_URL_PREFIX: queues.urlPrefix,
        CONTROL_QUEUE: queues.control.queueName,
        ORGANIZER_QUEUE_PREFIX: queues.organizerPrefix,
        PUBLIC_URL: props.publicUrl,
        NODE_OPTIONS: "--enable-source-maps",
        // Lambda keeps Amazon's certificate authorities, that of RDS among them, here; Node does not read it by itself.
        NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem",
      },
      logGroup: new logs.LogGroup(scope, `${id}Logs`, {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      bundling: {
        format: OutputFormat.ESM,
        target: "node24",
        logLevel: LogLevel.WARNING,
        minify: true,
        keepNames: true,
        sourceMap: true,
        sourceMapMode: SourceMapMode.DEFAULT,
        sourcesContent: false,
        // The SDK of package-lock.json, not the one the runtime has that day.
        bundleAwsSDK: true,
        // CommonJS packages inside an ES module still call require.
        banner: 'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);',
      },
    });
    database.grantConnect(this, props.databaseRole);
    storage.uploads.grantReadWrite(this);
    storage.jobs.grantReadWrite(this);
    queues.grantSend(this);
  }
}
