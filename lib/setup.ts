/** The steps of a deploy that are not resources. */
import { CustomResource, Duration, FileSystem, Lazy, RemovalPolicy, Stack } from "aws-cdk-lib";
import type * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";
import { profilesForQueues } from "./profiles.ts";
import { fromRoot } from "./root.ts";

/** As many letters and digits have more than 256 random bits. */
const canaryTokenCharacters = 43;

/**
 * Migrates the database on deploy. A function outside reads the password of the database's owner and calls a function
 * inside, which updates the schema and creates the roles of the functions, the administrator, the default queue, the
 * token of its workers, and the account of the canary. This happens before the code that needs the new schema is deployed. Migrations only add to a
 * schema at first, so the previous code still works with it. When the stack is deleted, the function outside stops the
 * running ECS tasks and deletes the queues of organizers.
 */
export class Setup extends Construct {
  /**
   * The secret with `username` and `password` of the first administrator, and for the worker service its `workerToken`,
   * and `loginKey`, which opens logins of registries.
   */
  readonly credentials: secretsmanager.Secret;
  /** The secret with the `token` of the canary of worksheets, if the deployment has one. Only the canary and deploys read it. */
  readonly canaryToken: secretsmanager.Secret | undefined;
  readonly done: CustomResource;
  /** Gives whoever may invoke it a way in, when no administrator can log in. Nothing but people invokes it. */
  readonly recover: InsideFunction;
  readonly #onDeploy: PlatformFunction;
  #cluster: ecs.ICluster | undefined;

  constructor(scope: Construct, id: string, { foundation }: { foundation: Foundation }) {
    super(scope, id);
    this.credentials = new secretsmanager.Secret(this, "Credentials", {
      description: "Benchstack: the password of the first administrator and the token and key of the workers",
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: "admin" }),
        generateStringKey: "password",
        passwordLength: 24,
        excludePunctuation: true,
      },
      removalPolicy:
        foundation.deployment.mode === "production" ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    if (foundation.deployment.worksheets.canaryMinutes !== null)
      this.canaryToken = new secretsmanager.Secret(this, "CanaryToken", {
        description: "Benchstack: the token of the account with which the canary of worksheets logs in",
        generateSecretString: {
          secretStringTemplate: "{}",
          generateStringKey: "token",
          passwordLength: canaryTokenCharacters,
          excludePunctuation: true,
        },
        removalPolicy: RemovalPolicy.DESTROY,
      });
    const migrate = new InsideFunction(this, "Migrate", {
      foundation,
      entry: "lambdas/functions/events/migrate.ts",
      description: "Migrates the database",
      timeout: Duration.minutes(14),
      usesObjects: false,
    });
    this.recover = new InsideFunction(this, "Recover", {
      foundation,
      entry: "lambdas/functions/events/recover.ts",
      description: "Makes an account an administrator again, for whoever runs the platform",
      timeout: Duration.seconds(30),
      databaseRole: "benchstack_events",
      usesObjects: false,
    });
    const onDeploy = (this.#onDeploy = new PlatformFunction(this, "OnDeploy", {
      entry: "lambdas/functions/events/on-deploy.ts",
      description: "Starts the migration of the database on deploy, and cleans up when the stack is deleted",
      timeout: Duration.minutes(15),
      memorySize: 256,
      kind: "onDeploy",
      environment: {
        MIGRATE_FUNCTION: migrate.functionName,
        OWNER_SECRET: foundation.database.ownerSecret.secretArn,
        CREDENTIALS_SECRET: this.credentials.secretArn,
        CANARY_SECRET: this.canaryToken?.secretArn,
        ORGANIZER_QUEUE_PREFIX: foundation.queues.organizerPrefix,
        // Workers need the token that this function writes, so their cluster is created after it.
        ECS_CLUSTER: Lazy.string({ produce: () => this.#cluster!.clusterArn }),
      },
    }));
    foundation.queues.grantRemoveAll(onDeploy);
    migrate.grantInvoke(onDeploy);
    const secrets = [
      foundation.database.ownerSecret.secretArn,
      this.credentials.secretArn,
      ...(this.canaryToken ? [this.canaryToken.secretArn] : []),
    ];
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
      // CloudFormation calls the function again when one of these changes.
      properties: {
        migrations: FileSystem.fingerprint(fromRoot("lambdas/kernel/db/migrations")),
        roles: ["roles.ts", "worker-role.ts", "gateway-role.ts"]
          .map((file) => FileSystem.fingerprint(fromRoot(`lambdas/kernel/db/${file}`)))
          .join(" "),
        database: foundation.database.host,
        profiles: JSON.stringify(profilesForQueues(foundation.deployment)),
        canary: this.canaryToken?.secretArn,
        // After a restore, a new value here creates missing roles and tokens again.
        repair: String(this.node.tryGetContext("repair") ?? ""),
      },
    });
    // The database and the security group of its functions as well: the address is known before the rules that admit
    // them.
    this.done.node.addDependency(migrate, onDeploy.role!, foundation.database, foundation.network.functions);
  }

  /**
   * Stops the ECS tasks of a cluster when the stack is deleted. Their cluster, hosts and networks are deleted after that.
   */
  stopEcsTasksOf(cluster: ecs.ICluster, ...hostsAndNetworks: Construct[]): void {
    this.#cluster = cluster;
    const conditions = { ArnEquals: { "ecs:cluster": cluster.clusterArn } };
    const ecsTasks = Stack.of(this).formatArn({ service: "ecs", resource: `task/${cluster.clusterName}/*` });
    this.#onDeploy.addToRolePolicy(
      new iam.PolicyStatement({ actions: ["ecs:ListTasks"], resources: ["*"], conditions }),
    );
    this.#onDeploy.addToRolePolicy(
      new iam.PolicyStatement({ actions: ["ecs:DescribeTasks", "ecs:StopTask"], resources: [ecsTasks], conditions }),
    );
    this.done.node.addDependency(cluster, ...hostsAndNetworks);
  }
}
