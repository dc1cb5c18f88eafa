import { CustomResource, Duration, FileSystem, RemovalPolicy, Stack } from "aws-cdk-lib";
import type * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";

/**
 * What a deploy does beside making resources: a function outside reads the database owner's password and has one inside
 * bring the schema up to date, make the roles that functions sign in as, the administrator, the default queue and the
 * token of its workers. It runs before the code that needs the new schema; a schema only ever grows first, so that the
 * code of before still runs on it. When the stack goes, it stops the tasks that still run and removes organizers' queues.
 */
export class Setup extends Construct {
  /** `username` and `password` of the first administrator, and `workerToken` of the worker service. */
  readonly credentials: secretsmanager.Secret;
  readonly done: CustomResource;
  readonly #onDeploy: PlatformFunction;

  constructor(
    scope: Construct,
    id: string,
    { foundation, deployment }: { foundation: Foundation; deployment: Deployment },
  ) {
    super(scope, id);
    this.credentials = new secretsmanager.Secret(this, "Credentials", {
      description: "Benchstack: the first administrator's password and the workers' token",
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: "admin" }),
        generateStringKey: "password",
        passwordLength: 24,
        excludePunctuation: true,
      },
      removalPolicy: deployment.mode === "production" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const migrate = new InsideFunction(this, "Migrate", {
      foundation,
      entry: "lambdas/functions/events/migrate.ts",
      description: "Brings the database up to date on deploy",
      timeout: Duration.minutes(14),
      usesObjects: false,
    });
    const onDeploy = (this.#onDeploy = new PlatformFunction(this, "OnDeploy", {
      entry: "lambdas/functions/events/on-deploy.ts",
      description: "Has the database brought up to date on deploy",
      timeout: Duration.minutes(15),
      memorySize: 256,
      environment: {
        MIGRATE_FUNCTION: migrate.functionName,
        OWNER_SECRET: foundation.database.ownerSecret.secretArn,
        CREDENTIALS_SECRET: this.credentials.secretArn,
        ORGANIZER_QUEUE_PREFIX: foundation.queues.organizerPrefix,
      },
    }));
    foundation.queues.grantRemoveAll(onDeploy);
    migrate.grantInvoke(onDeploy);
    const secrets = [foundation.database.ownerSecret.secretArn, this.credentials.secretArn];
    iam.Grant.addToPrincipal({ grantee: onDeploy, actions: ["secretsmanager:GetSecretValue"], resourceArns: secrets });
    iam.Grant.addToPrincipal({
      grantee: onDeploy,
      actions: ["secretsmanager:PutSecretValue"],
      resourceArns: [this.credentials.secretArn],
    });
    this.done = new CustomResource(this, "Database", {
      resourceType: "Custom::Database",
      serviceToken: onDeploy.functionArn,
      serviceTimeout: Duration.minutes(16),
      // CloudFormation asks again when these change.
      properties: {
        migrations: FileSystem.fingerprint("lambdas/kernel/db/migrations"),
        roles: FileSystem.fingerprint("lambdas/kernel/db/roles.ts"),
        database: foundation.database.host,
        // Whoever restored a database has its roles and tokens repaired by saying something new here.
        repair: String(this.node.tryGetContext("repair") ?? ""),
      },
    });
    // With both ends of the way there: an instance's address is known before its functions are let out to it.
    this.done.node.addDependency(migrate, onDeploy.role!, foundation.database, foundation.network.functions);
  }

  /** Has the tasks of a cluster stopped before it goes with the stack: what they run in cannot be deleted under them. */
  stopTasksOf(cluster: ecs.ICluster, ...networks: Construct[]): void {
    this.#onDeploy.addEnvironment("ECS_CLUSTER", cluster.clusterArn);
    const conditions = { ArnEquals: { "ecs:cluster": cluster.clusterArn } };
    const tasks = Stack.of(this).formatArn({ service: "ecs", resource: `task/${cluster.clusterName}/*` });
    this.#onDeploy.addToRolePolicy(
      new iam.PolicyStatement({ actions: ["ecs:ListTasks"], resources: ["*"], conditions }),
    );
    this.#onDeploy.addToRolePolicy(
      new iam.PolicyStatement({ actions: ["ecs:DescribeTasks", "ecs:StopTask"], resources: [tasks], conditions }),
    );
    this.done.node.addDependency(cluster, ...networks);
  }
}
